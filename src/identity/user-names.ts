import { readFileSync, statSync } from 'node:fs';

/** How long the file is believed to be as it was read. */
const CHECK_EVERY_MILLIS = 5000;

/**
 * Names of users by their ids, as the host's /etc/passwd has them; read again when it has changed, at most every 5 s.
 *
 * Users that only a directory service knows have no name here: to ask one may take seconds, and nothing here waits.
 */
export class UserNames {
  readonly #path: string;
  readonly #now: () => number;
  #names: ReadonlyMap<number, string> = new Map();
  #modifiedMillis: number | undefined;
  #checkAt = Number.NEGATIVE_INFINITY;

  constructor(path = '/etc/passwd', now: () => number = () => performance.now()) {
    this.#path = path;
    this.#now = now;
  }

  nameOf(userId: number): string | undefined {
    this.#refresh();
    return this.#names.get(userId);
  }

  #refresh(): void {
    const now = this.#now();
    if (now < this.#checkAt) return;
    this.#checkAt = now + CHECK_EVERY_MILLIS;
    try {
      const { mtimeMs } = statSync(this.#path);
      if (mtimeMs === this.#modifiedMillis) return;
      this.#names = parsePasswd(readFileSync(this.#path, 'utf8'));
      this.#modifiedMillis = mtimeMs;
    } catch {
      this.#names = new Map();
      this.#modifiedMillis = undefined;
    }
  }
}

/** passwd(5); of two names for one id the first counts, as for getpwuid(3). */
function parsePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (!name || !id || !/^\d+$/.test(id) || names.has(Number(id))) continue;
    names.set(Number(id), name);
  }
  return names;
}
