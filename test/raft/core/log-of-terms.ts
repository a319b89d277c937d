/**
 * Logs for tests, written as the terms of their entries: [1, 1, 2] has three entries.
 */
import { RaftLog } from '../../../src/raft/core/log.js';
import {
  type Entry,
  EntryKind,
  type Index,
  type LogReader,
  type Term,
  type TermRun,
} from '../../../src/raft/core/types.js';
import { configurationOf } from './simulated-cluster.js';

export function entriesOfTerms(terms: readonly Term[], from: Index = 1): Entry[] {
  return terms.map((term, i) => {
    const index = from + i;
    return { index, term, kind: EntryKind.command, data: Buffer.from(`${index}/${term}`) };
  });
}

/** A log whose entries are all on disk. */
export function logOfTerms(
  terms: readonly Term[],
  start: { commit?: Index; applied?: Index; windowBytesMax?: number } = {},
): RaftLog {
  const entries = entriesOfTerms(terms);
  const runs: TermRun[] = [];
  for (const { index, term } of entries) {
    if (runs[runs.length - 1]?.term !== term) runs.push({ from: index, term });
  }
  return new RaftLog({
    mark: { index: 0, term: 0, configuration: configurationOf({ voters: 1 }) },
    lastIndex: terms.length,
    terms: runs,
    configurations: [],
    installing: false,
    commit: start.commit ?? 0,
    applied: start.applied ?? 0,
    reader: readerOf(entries),
    windowBytesMax: start.windowBytesMax ?? 1_000_000,
  });
}

export function readerOf(entries: readonly Entry[]): LogReader {
  return {
    entries(from, until, bytesMax) {
      const found = entries.filter(({ index }) => index >= from && index < until);
      let bytes = 0;
      const fits = found.filter(({ data }, i) => {
        bytes += data.length;
        return i === 0 || bytes <= bytesMax;
      });
      return fits;
    },
  };
}
