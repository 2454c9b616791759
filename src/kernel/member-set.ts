import { type NativeMemberSet, SET_RULES } from './binding.ts';
import type { AddressRange, Selection } from './selection.ts';

/** `::ffff:0:0/96`, where IPv4 addresses are. */
const EVERY_IPV4: AddressRange = { address: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0], prefixBits: 96 };

/** Ranges as the kernel's LPM trie takes them. An IPv6 range that happens to hold the mapped addresses says nothing of IPv4. */
export function addressSet(selection: Selection<AddressRange> | undefined): NativeMemberSet {
  return memberSet(selection, rangeKey, [EVERY_IPV4]);
}

/** Whole numbers below 2^32, as a hash of `u32` takes them. */
export function numberSet(selection: Selection<number> | undefined): NativeMemberSet {
  return memberSet(selection, (number) => new Uint8Array(Uint32Array.of(number).buffer), []);
}

/** `asOthers` are members for which nothing is said, unless the selection names them. */
function memberSet<Member>(
  { included, excluded }: Selection<Member> = { included: [], excluded: [] },
  keyOf: (member: Member) => Uint8Array,
  asOthers: readonly Member[],
): NativeMemberSet {
  if (included.length === 0 && excluded.length === 0) {
    return { rule: SET_RULES.indexOf('unused'), keys: new Uint8Array(), verdicts: new Uint8Array() };
  }
  const keepsOthers = included.length === 0;
  // Of a member that is there twice the last verdict stays: excluded wins.
  return {
    rule: SET_RULES.indexOf(keepsOthers ? 'keeps-others' : 'drops-others'),
    keys: Buffer.concat([...asOthers, ...included, ...excluded].map(keyOf)),
    verdicts: Uint8Array.from(
      [...asOthers.map(() => keepsOthers), ...included.map(() => true), ...excluded.map(() => false)],
      Number,
    ),
  };
}

/** `struct address_range` of bpf/maps.h; both architectures we build for are little-endian. */
function rangeKey({ address, prefixBits }: AddressRange): Uint8Array {
  return Uint8Array.of(prefixBits, 0, 0, 0, ...address);
}
