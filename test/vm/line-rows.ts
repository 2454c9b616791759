/** The rows of a tool that prints each as one line: fields between spaces, the first of them a number. */
export class LineRows {
  #text = '';

  /** Returns the fields of each row that is whole now. */
  push(text: string): string[][] {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    return lines.filter((line) => /^\d/.test(line)).map((line) => line.trim().split(/\s+/));
  }
}
