import type { AcceptRecord } from '../record/accept-record.ts';
import { printable } from './printable.ts';

/** bcc cuts the kernel's 15 bytes. */
const COMM_CHARACTERS = 12;

/** The columns tcpaccept(8) adds on request; with both, TIME comes first. */
export interface TableColumns {
  readonly time: boolean;
  readonly timestamp: boolean;
}

/** The header line of tcpaccept(8), without a line end; like a row it is padded to its last column. */
export function tableHeader({ time, timestamp }: TableColumns): string {
  const left = (time ? timeColumn('TIME') : '') + (timestamp ? timeColumn('TIME(s)') : '');
  return left + columns('PID', 'COMM', 'IP', 'RADDR', 'RPORT', 'LADDR', 'LPORT');
}

/**
 * Rows of tcpaccept(8)'s table, byte for byte but for two things it leaves to chance:
 * TIME is when the connection was accepted (local time zone), not when its row was printed; and a character of COMM
 * that a terminal would act on or cannot show is `?`, where bcc prints a process's bytes raw.
 *
 * TIME(s) counts from the first row made, so that row is 0.000 and one accepted before it is negative.
 */
export class TableRows {
  readonly #columns: TableColumns;
  #firstBootMicros: bigint | undefined;
  #second: { unixSeconds: bigint; text: string } | undefined;

  constructor(columns: TableColumns) {
    this.#columns = columns;
  }

  /** One row, without a line end. */
  row({ connection: c }: AcceptRecord): string {
    const left =
      (this.#columns.time ? timeColumn(this.#clockText(c.acceptedUnixNs)) : '') +
      (this.#columns.timestamp ? timeColumn(this.#secondsText(c.acceptedBootNs)) : '');
    const inet6 = c.socketFamily === 'inet6';
    // Records fold mapped addresses to IPv4; tcpaccept(8) shows what the socket has.
    const prefix = inet6 && c.networkType === 'ipv4' ? '::ffff:' : '';
    return (
      left +
      columns(
        c.pid.toString(),
        printable(c.comm, COMM_CHARACTERS),
        inet6 ? '6' : '4',
        prefix + c.peerAddress,
        c.peerPort.toString(),
        prefix + c.localAddress,
        c.localPort.toString(),
      )
    );
  }

  /** Many rows share a second. */
  #clockText(unixNs: bigint): string {
    const unixSeconds = unixNs / 1_000_000_000n;
    if (this.#second?.unixSeconds !== unixSeconds) {
      const date = new Date(Number(unixSeconds) * 1000);
      const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
      this.#second = { unixSeconds, text: parts.map((part) => part.toString().padStart(2, '0')).join(':') };
    }
    return this.#second.text;
  }

  /** Whole microseconds are what tcpaccept(8) subtracts. */
  #secondsText(bootNs: bigint): string {
    const bootMicros = bootNs / 1000n;
    this.#firstBootMicros ??= bootMicros;
    return (Number(bootMicros - this.#firstBootMicros) / 1e6).toFixed(3);
  }
}

/** `%-9s`: no blank follows, the padding is the gap. */
function timeColumn(text: string): string {
  return text.padEnd(9);
}

/** `%-7s %-12s %-2s %-16s %-5s %-16s %-5s`: what is longer than its column moves the rest to the right. */
function columns(
  pid: string,
  comm: string,
  ip: string,
  peerAddress: string,
  peerPort: string,
  localAddress: string,
  localPort: string,
): string {
  const peer = `${peerAddress.padEnd(16)} ${peerPort.padEnd(5)}`;
  const local = `${localAddress.padEnd(16)} ${localPort.padEnd(5)}`;
  return `${pid.padEnd(7)} ${comm.padEnd(12)} ${ip.padEnd(2)} ${peer} ${local}`;
}
