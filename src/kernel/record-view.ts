import type { AcceptedConnection } from './accepted-connection.ts';
import { addressText, isMappedIpv4, mappedIpv4Text } from './address.ts';
import { textAt } from './kernel-text.ts';
import {
  type AcceptMethod,
  AF_INET,
  AF_INET6,
  COMM_BYTES,
  EXECUTABLE_BYTES,
  FLAG_MPTCP,
  METHODS,
  OFFSET,
  RECORD_BYTES,
  UNKNOWN_U32,
  UNKNOWN_U64,
} from './record-layout.ts';

const TWO_TO_32 = 2 ** 32;

/** What turns the kernel's times into wall time; DESIGN: measured again at every drain, since NTP moves it. */
export interface BatchClock {
  readonly observedUnixNs: bigint;
  readonly bootToUnixNs: bigint;
}

/**
 * A record read where it lies in its batch: each fact is decoded when it is asked for, and none is kept.
 *
 * One view serves all records of a batch, one after the other; it is valid as long as the batch.
 */
export class RecordView implements AcceptedConnection {
  readonly bytes: Uint8Array;
  readonly observedUnixNs: bigint;
  /** When the batch was read on the clock of `acceptedBootNanos`. */
  readonly observedBootNanos: number;
  /** Add to `CLOCK_BOOTTIME` for wall time. */
  readonly bootToUnixNs: bigint;
  readonly #data: DataView;
  #base = 0;

  constructor(bytes: Uint8Array, clock: BatchClock) {
    this.bytes = bytes;
    this.observedUnixNs = clock.observedUnixNs;
    this.observedBootNanos = Number(clock.observedUnixNs - clock.bootToUnixNs);
    this.bootToUnixNs = clock.bootToUnixNs;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Turns to the record of this number, from 0. */
  moveTo(index: number): void {
    this.#base = index * RECORD_BYTES;
  }

  /** Which record it is. */
  get index(): number {
    return this.#base / RECORD_BYTES;
  }
  /** Where a field begins in every record. */
  offsetOf(field: keyof typeof OFFSET): number {
    return OFFSET[field];
  }

  get acceptedUnixNs(): bigint {
    return BigInt.asUintN(64, this.acceptedBootNs + this.bootToUnixNs);
  }
  get acceptedBootNs(): bigint {
    return this.#u64(OFFSET.accepted_boot_ns);
  }
  /** `acceptedBootNs` without making a bigint: exact for 104 days of uptime, then to 2 ns. */
  get acceptedBootNanos(): number {
    return this.#number(OFFSET.accepted_boot_ns);
  }
  get cpu(): number {
    return this.#u16(OFFSET.cpu);
  }
  get sequence(): bigint {
    return this.#u64(OFFSET.sequence);
  }
  get networkType(): 'ipv4' | 'ipv6' {
    return this.isIpv4 ? 'ipv4' : 'ipv6';
  }
  get peerAddress(): string {
    return this.#address(OFFSET.peer_address);
  }
  get peerPort(): number {
    return this.#u16(OFFSET.peer_port);
  }
  get localAddress(): string {
    return this.#address(OFFSET.local_address);
  }
  get localPort(): number {
    return this.#u16(OFFSET.local_port);
  }
  get socketFamily(): 'inet' | 'inet6' {
    return this.#isInet6 ? 'inet6' : 'inet';
  }
  get pid(): number {
    return this.#u32(OFFSET.pid);
  }
  get tid(): number {
    return this.#u32(OFFSET.tid);
  }
  get namespacePid(): number {
    return this.#u32(OFFSET.namespace_pid);
  }
  get userId(): number {
    return this.#u32(OFFSET.user_id);
  }
  get realUserId(): number {
    return this.#u32(OFFSET.real_user_id);
  }
  get processStartBootNs(): bigint {
    return this.#u64(OFFSET.process_start_boot_ns);
  }
  /** `processStartBootNs` without making a bigint: exact for 104 days of uptime, then to 2 ns. */
  get processStartBootNanos(): number {
    return this.#number(OFFSET.process_start_boot_ns);
  }
  get execCount(): number {
    return this.#u32(OFFSET.exec_count);
  }
  get executableName(): string {
    return textAt(this.bytes, this.#base + OFFSET.executable_name, EXECUTABLE_BYTES);
  }
  get comm(): string {
    return textAt(this.bytes, this.#base + OFFSET.comm, COMM_BYTES);
  }
  get cgroupId(): bigint {
    return this.#u64(OFFSET.cgroup_id);
  }
  /** `cgroupId` without making a bigint: exact for 2^53 cgroups since boot. */
  get cgroupNumber(): number {
    return this.#number(OFFSET.cgroup_id);
  }
  get socketCookie(): bigint {
    return this.#u64(OFFSET.socket_cookie);
  }
  get networkNamespace(): number {
    return this.#u32(OFFSET.network_namespace);
  }
  get mountNamespace(): number {
    return this.#u32(OFFSET.mount_namespace);
  }
  get queueDurationNs(): bigint | undefined {
    const value = this.#u64(OFFSET.queue_duration_ns);
    return value === UNKNOWN_U64 ? undefined : value;
  }
  /** `queueDurationNs` without making a bigint, and the same number. */
  get queueDurationNanos(): number | undefined {
    const value = this.#number(OFFSET.queue_duration_ns);
    return value === Number(UNKNOWN_U64) && this.queueDurationNs === undefined ? undefined : value;
  }
  get queueLength(): number | undefined {
    return this.#known(OFFSET.queue_length);
  }
  get queueLimit(): number | undefined {
    return this.#known(OFFSET.queue_limit);
  }
  get rttUs(): number | undefined {
    return this.#known(OFFSET.rtt_us);
  }
  get method(): AcceptMethod {
    return METHODS[this.#u8(OFFSET.method)] ?? 'syscall';
  }
  get mptcp(): boolean {
    return (this.#u8(OFFSET.flags) & FLAG_MPTCP) !== 0;
  }

  /** Whether both addresses count as IPv4. */
  get isIpv4(): boolean {
    return !this.#isInet6 || isMappedIpv4(this.bytes, this.#base + OFFSET.peer_address);
  }
  get #isInet6(): boolean {
    return this.#u8(OFFSET.socket_family) === AF_INET6;
  }

  #address(offset: number): string {
    const at = this.#base + offset;
    if (!this.#isInet6) return addressText(this.bytes, at, AF_INET);
    return this.isIpv4 ? mappedIpv4Text(this.bytes, at) : addressText(this.bytes, at, AF_INET6);
  }

  #known(offset: number): number | undefined {
    const value = this.#u32(offset);
    return value === UNKNOWN_U32 ? undefined : value;
  }

  #number(offset: number): number {
    return this.#u32(offset + 4) * TWO_TO_32 + this.#u32(offset);
  }
  #u8(offset: number): number {
    return this.#data.getUint8(this.#base + offset);
  }
  #u16(offset: number): number {
    return this.#data.getUint16(this.#base + offset, true);
  }
  #u32(offset: number): number {
    return this.#data.getUint32(this.#base + offset, true);
  }
  #u64(offset: number): bigint {
    return this.#data.getBigUint64(this.#base + offset, true);
  }
}
