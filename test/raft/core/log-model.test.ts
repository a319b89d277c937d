/**
 * The log against a naive model: plain arrays of everything, a disk that is written late, and
 * any order of appends, replacements, completions, commits, applies and compactions.
 */
import fc from 'fast-check';
import t from 'tap';
import { RaftLog } from '../../../src/raft/core/log.js';
import type { Entry } from '../../../src/raft/core/types.js';
import { entriesOfTerms } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

class NaiveLog {
  /** All entries ever, by index - 1, the compacted ones too. */
  log: Entry[] = [];
  disk: Entry[] = [];
  queue: { token: number; entries: readonly Entry[] }[] = [];
  mark = 0;
  commit = 0;
  handed = 0;
  applied = 0;
  token = 0;
  readonly real = new RaftLog({
    mark: { index: 0, term: 0, configuration: configurationOf({ voters: 1 }) },
    lastIndex: 0,
    terms: [],
    configurations: [],
    installing: false,
    commit: 0,
    applied: 0,
    windowBytesMax: 12,
    reader: {
      entries: (from, until, bytesMax) => {
        let bytes = 0;
        const all = this.disk.slice(from - 1, until - 1);
        if (from <= this.mark || all.length !== until - from) throw new Error('not kept on disk');
        return all.filter(({ data }, i) => {
          bytes += data.length;
          return i === 0 || bytes <= bytesMax;
        });
      },
    },
  });

  get lastTerm(): number {
    return this.log[this.log.length - 1]?.term ?? 0;
  }

  append(count: number, rise: number): void {
    const term = Math.max(1, this.lastTerm + rise);
    const entries = entriesOfTerms(Array(count).fill(term), this.log.length + 1);
    for (const entry of entries) this.real.append(entry);
    this.log.push(...entries);
  }

  /** A leader of a new term sends entries that begin anywhere above the commit index. */
  replace(at: number, count: number): void {
    const keep = this.commit + Math.floor(at * (this.log.length - this.commit + 1));
    const entries = entriesOfTerms(Array(count).fill(this.lastTerm + 1), keep + 1);
    const previous = { index: keep, term: this.log[keep - 1]?.term ?? 0 };
    if (!this.real.acceptFrom(previous, entries)) throw new Error('previous is in the log');
    if (count > 0) this.log = [...this.log.slice(0, keep), ...entries];
  }

  write(): void {
    const entries = this.real.takeUnwritten();
    this.token += 1;
    this.real.appendStarted(this.token);
    this.queue.push({ token: this.token, entries });
  }

  finish(count: number): void {
    const finished = this.queue.splice(0, count);
    for (const { entries } of finished) {
      const first = entries[0];
      if (first !== undefined) this.disk = [...this.disk.slice(0, first.index - 1), ...entries];
    }
    const newest = finished[finished.length - 1];
    if (newest !== undefined) this.real.appendFinished(newest.token);
  }

  commitTo(at: number): void {
    this.commit += Math.floor(at * (this.log.length - this.commit + 1));
    this.real.commitTo(this.commit);
  }

  apply(bytesMax: number): void {
    for (const entry of this.real.takeCommitted(bytesMax)) {
      this.handed += 1;
      if (entry !== this.log[this.handed - 1]) throw new Error('applied in order');
      if (entry !== this.disk[this.handed - 1]) throw new Error('applied what is not durable');
    }
    if (this.handed > this.commit) throw new Error('applied what is not committed');
    this.applied = this.handed;
    this.real.appliedTo(this.applied);
  }

  compact(at: number): void {
    this.mark += Math.floor(at * (this.applied - this.mark + 1));
    this.real.compactTo(this.mark);
  }

  check(): void {
    const { real, log, disk, mark } = this;
    const same = (a: unknown, b: unknown, what: string) => {
      if (a !== b) throw new Error(`${what}: ${a}, expected ${b}`);
    };
    same(real.lastIndex, log.length, 'lastIndex');
    same(real.firstIndex, mark + 1, 'firstIndex');
    same(real.commit, this.commit, 'commit');
    for (let index = 0; index <= log.length + 1; index += 1) {
      const term = index === 0 ? 0 : log[index - 1]?.term;
      same(real.term(index), index < mark ? undefined : term, `term of ${index}`);
    }
    // Durable means: on disk as it stands in the log, and nothing under way will replace it.
    for (let index = mark + 1; index <= real.durableIndex; index += 1) {
      same(disk[index - 1], log[index - 1], `durable ${index}`);
      const replaced = this.queue.some(({ entries }) => (entries[0]?.index ?? index + 1) <= index);
      same(replaced, false, `${index} is about to be replaced`);
    }
    const idle = this.queue.length === 0 && !real.hasUnwritten;
    if (idle) same(real.durableIndex, log.length, 'all is durable');
    this.#checkReads();
  }

  #checkReads(): void {
    const { real, log } = this;
    for (let from = real.firstIndex; from <= log.length; from += 1) {
      const entries = real.entries(from, 8);
      if (entries.length === 0) throw new Error('at least one');
      if (entries.some((entry, i) => entry !== log[from - 1 + i])) throw new Error('other entries');
    }
  }
}

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
const steps = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('append' as const), fc.integer({ min: 1, max: 3 }), fc.nat({ max: 1 })),
    fc.tuple(fc.constant('replace' as const), fraction, fc.nat({ max: 3 })),
    fc.tuple(fc.constant('write' as const)),
    fc.tuple(fc.constant('write' as const)),
    fc.tuple(fc.constant('finish' as const), fc.integer({ min: 1, max: 2 })),
    fc.tuple(fc.constant('commitTo' as const), fraction),
    fc.tuple(fc.constant('apply' as const), fc.constantFrom(0, 7, 100)),
    fc.tuple(fc.constant('compact' as const), fraction),
  ),
  { maxLength: 40, size: 'max' },
);

t.test('B13, R2, C8: the log answers like the naive one at every step', async () => {
  fc.assert(
    fc.property(steps, (run) => {
      const naive = new NaiveLog();
      for (const [name, ...values] of run) {
        (naive[name] as (...values: number[]) => void).apply(naive, values);
        naive.check();
      }
    }),
    { numRuns: 2000 },
  );
});
