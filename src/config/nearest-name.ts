/** More edits than this and it was not a slip. */
const MOST_EDITS = 3;

/** The name a misspelled one was meant to be; `undefined` when none is near: at most 3 edits and half its length. */
export function nearestName(misspelled: string, names: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const edits = editDistance(misspelled, name);
    if (edits < fewest && edits <= Math.min(MOST_EDITS, misspelled.length / 2)) {
      nearest = name;
      fewest = edits;
    }
  }
  return nearest;
}

/** Levenshtein's: insertions, deletions and substitutions, one row of his table at a time. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let line = 1; line <= from.length; line++) {
    const row = [line];
    for (let column = 1; column <= to.length; column++) {
      const substituted = at(above, column - 1) + (from[line - 1] === to[column - 1] ? 0 : 1);
      row.push(Math.min(substituted, at(above, column) + 1, at(row, column - 1) + 1));
    }
    above = row;
  }
  return at(above, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
