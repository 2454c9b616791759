import { isIP } from 'node:net';
import type { AddressRange } from '../kernel/selection.ts';
import type { ParseText } from './option-values.ts';

/** Where IPv4 addresses are among IPv6 ones (RFC 4291 2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255] as const;

/** An IPv4 or IPv6 address, or a range of them in CIDR notation; bits after the prefix may be set. No zone ids. */
export const addressRange: ParseText<AddressRange> = (text) => {
  const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const addressBits = version === 4 ? 32 : 128;
  const prefixBits = prefix === undefined ? addressBits : Number(prefix);
  if (version === 0 || prefixBits > addressBits) return undefined;
  const bytes = version === 4 ? [...MAPPED_PREFIX, ...ipv4Bytes(address)] : ipv6Bytes(address);
  return Object.freeze({ address: Object.freeze(bytes), prefixBits: prefixBits + 128 - addressBits });
};

function ipv4Bytes(address: string): number[] {
  return address.split('.').map(Number);
}

/** `address` is a right one: only where its zeros are is left to find out. */
function ipv6Bytes(address: string): number[] {
  const [before = [], after = []] = address
    .split('::')
    .map((part) => part.split(':').filter(Boolean).flatMap(groupBytes));
  return [...before, ...Array.from({ length: 16 - before.length - after.length }, () => 0), ...after];
}

/** The last group may be an IPv4 address. */
function groupBytes(group: string): number[] {
  if (group.includes('.')) return ipv4Bytes(group);
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
