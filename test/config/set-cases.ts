import type { Config, OptionKey } from '../../src/config.ts';

/** Where an option's value ends up, texts that give a value and that value, and texts that are refused. */
export interface Cases {
  readonly of: (config: Config) => unknown;
  readonly good: readonly (readonly [text: string, value: unknown])[];
  readonly wrong: readonly [string, ...string[]];
}

/** The options that are sets of members, kept and left out. */
export const SET_KEYS = [
  'peers',
  'locals',
  'users',
  'networkNamespaces',
  'cgroups',
  'containers',
] as const satisfies readonly OptionKey[];

const IPV4 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] as const;
/** What all filters by sets refuse, whatever their members are. */
const NO_LISTS = [',', '!', '!,', 'x!', '!!'] as const;
const RANGES = {
  good: [
    ['10.0.0.0/8', { included: [{ address: [...IPV4, 10, 0, 0, 0], prefixBits: 104 }], excluded: [] }],
    ['0.0.0.0/0', { included: [{ address: [...IPV4, 0, 0, 0, 0], prefixBits: 96 }], excluded: [] }],
    [
      '!255.255.255.255 , ::1',
      {
        included: [{ address: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], prefixBits: 128 }],
        excluded: [{ address: [...IPV4, 255, 255, 255, 255], prefixBits: 128 }],
      },
    ],
    [
      '::/0,!::ffff:192.0.2.9/120',
      {
        included: [{ address: Array.from({ length: 16 }, () => 0), prefixBits: 0 }],
        excluded: [{ address: [...IPV4, 192, 0, 2, 9], prefixBits: 120 }],
      },
    ],
    [
      '2001:DB8::8:0:aBcD:1/33',
      {
        included: [{ address: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 8, 0, 0, 0xab, 0xcd, 0, 1], prefixBits: 33 }],
        excluded: [],
      },
    ],
    [
      '1:2:3:4:5:6:7:8,102:304::',
      {
        included: [
          { address: [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8], prefixBits: 128 },
          { address: [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], prefixBits: 128 },
        ],
        excluded: [],
      },
    ],
  ],
  wrong: [
    ...NO_LISTS,
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    '10.0.0',
    '010.0.0.1',
    '256.0.0.0',
    'fe80::1%lo',
    'fe80::1%lo/64',
    '1::2::3',
    ':::',
    '[::1]',
    'localhost',
    '10.0.0.0/8 ::1',
  ],
} as const;

export const SET_CASES: Readonly<Record<(typeof SET_KEYS)[number], Cases>> = {
  peers: { of: (config) => config.filters.peers, ...RANGES },
  locals: { of: (config) => config.filters.locals, ...RANGES },
  users: {
    of: (config) => config.filters.users,
    good: [
      ['0', { included: [0], excluded: [] }],
      ['4294967294, !www-data', { included: [4_294_967_294], excluded: ['www-data'] }],
      [
        '_apt,DOMAIN\\user.name,me@example.org,pc$',
        { included: ['_apt', 'DOMAIN\\user.name', 'me@example.org', 'pc$'], excluded: [] },
      ],
    ],
    wrong: [
      ...NO_LISTS,
      '-1',
      '4294967295',
      '1.5',
      '0x0',
      '-u',
      'a b',
      'a:b',
      'a\nb',
      '$',
      '12ab',
      `a${'b'.repeat(257)}`,
    ],
  },
  networkNamespaces: {
    of: (config) => config.filters.networkNamespaces,
    good: [
      ['4026531833', { included: [4_026_531_833], excluded: [] }],
      ['!/proc/1/ns/net,/run/netns/blue', { included: ['/run/netns/blue'], excluded: ['/proc/1/ns/net'] }],
    ],
    wrong: [...NO_LISTS, '0', '4294967296', '-1', 'blue', 'ns/net', 'net:[4026531833]', `/${'x'.repeat(4095)}`],
  },
  cgroups: {
    of: (config) => config.filters.cgroups,
    good: [
      ['/', { included: ['/'], excluded: [] }],
      [
        '/system.slice,!/system.slice/a b.service',
        { included: ['/system.slice'], excluded: ['/system.slice/a b.service'] },
      ],
    ],
    wrong: [...NO_LISTS, 'system.slice', './x', `/${'x'.repeat(4095)}`],
  },
  containers: {
    of: (config) => config.filters.containers,
    good: [
      ['0123456789ab', { included: ['0123456789ab'], excluded: [] }],
      [`!${'f'.repeat(64)},${'0'.repeat(32)}-17`, { included: [`${'0'.repeat(32)}-17`], excluded: ['f'.repeat(64)] }],
    ],
    wrong: [...NO_LISTS, '0123456789a', '0123456789AB', 'f'.repeat(65), 'docker-0123456789ab', '0123456789ab-1', 'web'],
  },
};
