/** The primary result codes of SQLite that tell its failures apart; node:sqlite gives them as `errcode`. */
const CODES = { BUSY: 5, READONLY: 8, IOERR: 10, CORRUPT: 11, FULL: 13, CANTOPEN: 14, NOTADB: 26 } as const;

export const SQLITE = {
  ...CODES,
  /** The code of an error of node:sqlite's, without what extends it; `undefined` for any other. */
  codeOf(error: unknown): number | undefined {
    const { errcode }: { errcode?: unknown } = Object(error);
    return typeof errcode === 'number' ? errcode & 0xff : undefined;
  },
  /** The disk is full: for data, or for the index of the journal. */
  isFull(error: unknown): boolean {
    const code = SQLITE.codeOf(error);
    return code === CODES.FULL || code === CODES.IOERR;
  },
  /** The file is not what it should be, and will not get better. */
  isDamage(error: unknown): boolean {
    const code = SQLITE.codeOf(error);
    return code === CODES.CORRUPT || code === CODES.NOTADB;
  },
} as const;
