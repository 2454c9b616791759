import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import type { OptionRound, OptionTables } from './option-oracles-in-guest.ts';
import { runInGuest } from './run-in-guest.ts';

const GUEST_MILLIS = 880_000;
const OPTIONS = ['-T -t -P', '-p', '-6 --cgroupmap', '--mntnsmap'] as const;
/** TIME and TIME(s), as both print them before a row. */
const TIMES = /^(\d\d):(\d\d):(\d\d) (-?\d+\.\d{3}) */;
/** bcc's TIME is when the row was printed, ours when the connection was accepted, cut to the second. */
const LATEST_PRINT_SECONDS = 20;
/** Two probes on one return, on an emulated CPU that may be taken away in between. */
const TIMESTAMP_TOLERANCE_SECONDS = 0.25;

interface Times {
  readonly daySeconds: number;
  readonly seconds: number;
}

/** What a row is without its times. */
function textOf(line: string): string {
  return line.replace(TIMES, '');
}

function keyOf(line: string): string {
  const fields = line.trimEnd().split(/\s+/);
  return `${fields.at(-3)} ${fields.at(-1)}`;
}

function timesOf(line: string): Times {
  const [, ...parts] = TIMES.exec(line) ?? [];
  assert.equal(parts.length, 4, line);
  const [hours = 0, minutes = 0, daySeconds = 0, seconds = 0] = parts.map(Number);
  return { daySeconds: hours * 3600 + minutes * 60 + daySeconds, seconds };
}

/** The rows of one round's connections, by their two ports. */
function keysIn({ made }: OptionRound, lines: readonly string[]): string[] {
  return lines
    .map(keyOf)
    .filter((key) => made.includes(key))
    .sort();
}

suite('bcc with the same options, 6.1', () => {
  let tables: readonly OptionTables[] = [];
  before(async () => {
    tables = await runInGuest({
      line: '6.1',
      program: 'option-oracles-in-guest.ts',
      headers: true,
      timeoutMillis: GUEST_MILLIS,
    });
  });
  const tablesOf = (options: string): OptionTables => {
    const found = tables.find((one) => one.options.startsWith(options));
    assert.ok(found);
    return found;
  };

  for (const options of OPTIONS) {
    test(`${options}: the same rows, and those alone that the options ask for`, () => {
      const { ours, theirs, rounds } = tablesOf(options);
      const wanted = rounds.flatMap((round) => round.wanted).sort();
      assert.ok(wanted.length > 0 && wanted.length < rounds.flatMap(({ made }) => made).length);
      assert.deepEqual(ours.map(keyOf).sort(), wanted);
      assert.deepEqual(ours.map(textOf).sort(), theirs.map(textOf).sort());
    });

    test(`${options}: the same header`, () => {
      const { first } = tablesOf(options);
      assert.match(first.theirs[0] ?? '', /PID +COMM/);
      assert.equal(first.ours[0], first.theirs[0]);
    });
  }

  test('-T -t: the same times', () => {
    const { ours, theirs, first } = tablesOf('-T -t -P');
    const theirsByKey = new Map(theirs.map((line) => [keyOf(line), timesOf(line)]));
    const [ourStart, theirStart] = [timesOf(ours[0] ?? ''), theirsByKey.get(keyOf(ours[0] ?? ''))];
    assert.ok(theirStart);
    for (const line of ours) {
      const [our, their] = [timesOf(line), theirsByKey.get(keyOf(line))];
      assert.ok(their);
      const later = (their.daySeconds - our.daySeconds + 86_400) % 86_400;
      assert.ok(later <= LATEST_PRINT_SECONDS, `${keyOf(line)} was printed ${later} s later`);
      const apart = our.seconds - ourStart.seconds - (their.seconds - theirStart.seconds);
      assert.ok(Math.abs(apart) <= TIMESTAMP_TOLERANCE_SECONDS, `${keyOf(line)} is ${apart} s apart`);
    }
    for (const line of [first.ours[1], first.theirs[1]]) assert.equal(timesOf(line ?? '').seconds, 0);
  });

  for (const options of ['-6 --cgroupmap', '--mntnsmap'] as const) {
    test(`${options}: a change of the map takes effect at the next accept, for both`, () => {
      const { ours, theirs, rounds } = tablesOf(options);
      assert.ok(
        new Set(rounds.map(({ wanted }) => wanted.length)).size > 1 && rounds.some((r) => r.wanted.length === 0),
      );
      for (const round of rounds) {
        const wanted = [...round.wanted].sort();
        assert.deepEqual([keysIn(round, ours), keysIn(round, theirs)], [wanted, wanted]);
      }
    });
  }
});
