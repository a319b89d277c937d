/** A history that cannot be read: what is wrong with it, and where. Never a verdict. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
  /** Counts from 1; undefined for what concerns the whole history. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(line === undefined ? message : `line ${line}: ${message}`);
    this.line = line;
  }
}
