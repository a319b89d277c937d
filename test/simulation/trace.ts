/**
 * What happened in a run, one dense line per event. Lines cost more than the events, so a run that
 * nobody reads only keeps a digest over numbers; a failed one is run again with lines, which
 * gives the same ones, as the same seed gives the same run.
 *
 *     12.345678 n3 <n1 g2 append 17+2 c16
 *
 * is: virtual seconds, whose event it is, what. README.md has the words.
 */
import { createHash, type Hash } from 'node:crypto';
import type { NodeId } from '../../src/raft/core/types.js';

export interface TraceOptions {
  /** Called with every line. */
  readonly onLine?: (line: string) => void;
  /** Keeps the last so many lines. */
  readonly keep?: number;
}

export class Trace {
  /** True when somebody reads lines. */
  readonly enabled: boolean;
  lines = 0;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #keep: number;
  #kept: string[] = [];
  readonly #hash: Hash = createHash('sha256');
  /** Of the numbers of all events, lines or not. */
  #digest = 0x811c9dc5;
  readonly #nowMs: () => number;
  readonly #folder: string;

  /** `folder`: where SQLite's files really are, which is not to be seen in a line. */
  constructor(run: { nowMs: () => number; folder: string }, { onLine, keep = 0 }: TraceOptions) {
    this.#nowMs = run.nowMs;
    this.#folder = run.folder;
    this.#onLine = onLine;
    this.#keep = keep;
    this.enabled = onLine !== undefined || keep > 0;
  }

  /** Part of every run's digest. */
  note(...numbers: readonly number[]): void {
    let digest = this.#digest;
    for (const number of numbers) digest = Math.imul(digest ^ (number * 1000), 0x01000193);
    this.#digest = digest ^ (digest >>> 15);
  }

  line(node: NodeId | undefined, text: () => string): void {
    if (!this.enabled) return;
    const who = node === undefined ? '--' : `n${node}`;
    const what = text().replaceAll(this.#folder, '');
    const line = `${(this.#nowMs() / 1000).toFixed(6).padStart(10)} ${who} ${what}`;
    this.lines += 1;
    this.#hash.update(line);
    this.#onLine?.(line);
    if (this.#keep === 0) return;
    this.#kept.push(line);
    if (this.#kept.length > 2 * this.#keep) this.#kept = this.#kept.slice(-this.#keep);
  }

  get kept(): readonly string[] {
    return this.#kept.slice(-this.#keep);
  }

  get digest(): string {
    return (this.#digest >>> 0).toString(16).padStart(8, '0');
  }

  /** Over all lines; only once. */
  hash(): string {
    return this.#hash.digest('hex');
  }
}
