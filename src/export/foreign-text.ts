const LONGEST = 200;

/** A text from elsewhere as part of a warning: without control bytes, which a terminal would obey, and cut when long. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}\ufffd]+/gu, ' ')
    .trim()
    .slice(0, LONGEST);
}
