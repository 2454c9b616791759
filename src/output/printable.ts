/** Control, format and unassigned characters, and line separators: what moves a cursor or hides text. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A text that a process chose, for a terminal: `?` for what it would act on, at most `length` characters, none cut in two. */
export function printable(text: string, length: number): string {
  return [...text.replace(UNPRINTABLE, '?')].slice(0, length).join('');
}
