/**
 * What a filter keeps. With anything included, what is not included is left out; what is excluded is left out whatever
 * else is said, save that of address ranges the longest that holds an address decides. Both empty: no filter.
 */
export interface Selection<Member> {
  readonly included: readonly Member[];
  readonly excluded: readonly Member[];
}

/** Addresses that begin with the same bits; an IPv4 range is that of its mapped addresses, 96 bits longer. */
export interface AddressRange {
  /** 16 bytes, network order; those after the prefix do not matter. */
  readonly address: readonly number[];
  /** 0 to 128. */
  readonly prefixBits: number;
}

/** Cgroup directories one filter has at most, included and excluded together: `TCPACCEPT_DIRECTORIES` of bpf/event.h. */
export const MOST_DIRECTORIES = 16;
