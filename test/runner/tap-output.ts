/**
 * Reads the TAP text that a test file prints and keeps what a person wants to know: which assertion
 * failed where, and the true counts. Nested output is indented by four spaces a level; the counts
 * of all stand in one unindented comment, for example `# { total: 7, pass: 4, fail: 1 }`.
 */
export interface Counts {
  readonly total: number;
  readonly pass: number;
  readonly fail: number;
  readonly skip: number;
  readonly todo: number;
}

export interface Failure {
  /** Names of the subtests around the assertion. */
  readonly path: readonly string[];
  readonly message: string;
  /** tap's own diagnostics: what was found and wanted, and where. */
  readonly details: readonly string[];
}

const diagnosticLinesMax = 30;
const none: Counts = { total: 0, pass: 0, fail: 0, skip: 0, todo: 0 };

export class TapOutput {
  readonly failures: Failure[] = [];
  /** Undefined until the closing comment has been seen: without it the file was cut short. */
  counts: Counts | undefined;
  readonly #names: string[] = [];
  readonly #failedInside: number[] = [];
  #details: string[] | undefined;
  #inDetails = false;

  feed(line: string): void {
    if (this.#feedDetails(line)) return;
    const indent = line.length - line.trimStart().length;
    const level = Math.floor(indent / 4);
    const text = line.slice(indent);
    const subtest = /^# Subtest: (.*)$/.exec(text);
    if (subtest) this.#begin(level, subtest[1] ?? '');
    else if (level === 0 && text.startsWith('# {')) this.counts = parseCounts(text);
    else if (level === 0 && text.startsWith('1..0')) this.counts ??= { ...none, skip: 1 };
    else if (text.startsWith('Bail out!')) this.#fail(level, text);
    else this.#point(level, text);
  }

  /** A failure that no line tells of. */
  failed(message: string): void {
    this.#fail(0, message);
  }

  #begin(level: number, name: string): void {
    this.#names.length = level;
    this.#names[level] = name;
    this.#failedInside[level] = 0;
  }

  #point(level: number, text: string): void {
    const point = /^(not )?ok\b(?: \d+)?(?: - )?(.*)$/.exec(text);
    if (!point) return;
    const failed = point[1] !== undefined && !/# (?:todo|skip)\b/i.test(text);
    const message = (point[2] ?? '').replace(/ # time=[\d.]+m?s.*$/, '');
    // A subtest fails because something inside it failed, which has been told already.
    const toldInside = this.#names[level] === message && (this.#failedInside[level] ?? 0) > 0;
    if (failed && !toldInside) this.#fail(level, message);
    this.#names.length = Math.min(this.#names.length, level);
  }

  #fail(level: number, message: string): void {
    this.#details = [];
    this.failures.push({
      path: this.#names.slice(0, level),
      message: message === '' ? '(unnamed assertion)' : message,
      details: this.#details,
    });
    for (let above = 0; above < level; above += 1) {
      this.#failedInside[above] = (this.#failedInside[above] ?? 0) + 1;
    }
  }

  /** The YAML block that follows a failed point belongs to it. */
  #feedDetails(line: string): boolean {
    const text = line.trim();
    if (this.#inDetails) {
      if (text === '...') this.#inDetails = false;
      else if (this.#details && this.#details.length < diagnosticLinesMax) this.#details.push(line);
      return true;
    }
    if (text === '---') {
      this.#inDetails = true;
      return true;
    }
    if (text !== '') this.#details = undefined;
    return false;
  }
}

function parseCounts(text: string): Counts {
  const count = (name: string) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(text)?.[1] ?? 0);
  return {
    total: count('total'),
    pass: count('pass'),
    fail: count('fail'),
    skip: count('skip'),
    todo: count('todo'),
  };
}
