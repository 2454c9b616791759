/** Of what tcpaccept.bt prints: `%-6d %-14s `, `%-39s %-5d %-39s %-5d ` and `%d/%d\n`, each after the one before it. */
const PIECES = {
  time: /(\d\d:\d\d:\d\d) /y,
  queue: /(\d+\/\d+)\n/y,
  ends: /([\da-f.:]*[.:][\da-f.:]*) +(\d+) +(\S+) +(\d+) +/y,
  process: /(\d+) +(.{14}\S?) /y,
} as const;
type Piece = keyof typeof PIECES;

const AFTER: Readonly<Record<Piece, Piece | undefined>> = {
  time: 'process',
  process: 'ends',
  ends: 'queue',
  queue: undefined,
};

interface Row {
  readonly fields: string[];
  wanted: Piece | undefined;
}

/**
 * Puts the rows of bpftrace's tcpaccept.bt together. It prints one in four pieces, each of which comes from a buffer of the
 * CPU; where it reads a buffer whose last row is not whole yet, the rows of the next CPU come in between.
 */
export class BpftraceRows {
  /** Those that are not whole; the last was added to last. */
  readonly #begun: Row[] = [];
  #text = '';

  /** Returns the fields of each row that is whole now: time, process, its name, both ends, queue. Throws at anything else. */
  push(text: string): string[][] {
    this.#text += text;
    const end = this.#text.lastIndexOf('\n') + 1;
    const lines = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    const whole: string[][] = [];
    for (let at = 0; at < lines.length; ) {
      const line = lines.slice(at, lines.indexOf('\n', at));
      if (/^(Attaching|Tracing|TIME)/.test(line)) at += line.length + 1;
      else at += this.#take(lines, at, whole);
    }
    return whole;
  }

  #take(lines: string, at: number, whole: string[][]): number {
    for (const [name, pattern] of Object.entries(PIECES)) {
      pattern.lastIndex = at;
      const found = pattern.exec(lines);
      if (!found) continue;
      const row = this.#rowFor(name as Piece);
      row.fields.push(...found.slice(1).map((field) => field.trim()));
      row.wanted = AFTER[name as Piece];
      if (row.wanted) this.#begun.push(row);
      else whole.push(row.fields);
      return found[0].length;
    }
    throw new Error(`tcpaccept.bt printed ${JSON.stringify(lines.slice(at, at + 200))}`);
  }

  /** A buffer is read on for as long as it has something: of several rows, the piece is that of the last one. */
  #rowFor(piece: Piece): Row {
    if (piece === 'time') return { fields: [], wanted: 'time' };
    const index = this.#begun.findLastIndex(({ wanted }) => wanted === piece);
    const [row] = index < 0 ? [] : this.#begun.splice(index, 1);
    if (!row) throw new Error(`tcpaccept.bt printed a ${piece} that belongs to no row`);
    return row;
  }
}
