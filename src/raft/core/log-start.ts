/**
 * What a log is opened from, and what must hold of it before anything else is believed.
 */
import { ImpossibleInput } from './impossible-input.js';
import type { ConfigurationAt, Index, LogMark, LogReader, TermRun } from './types.js';

export interface LogStart {
  readonly mark: LogMark;
  readonly lastIndex: Index;
  readonly terms: readonly TermRun[];
  readonly configurations: readonly ConfigurationAt[];
  readonly commit: Index;
  readonly applied: Index;
  /** The snapshot that the mark names is not in the state machine yet, or only in part. */
  readonly installing: boolean;
  readonly reader: LogReader;
  /** Bytes of durable, applied entries kept in memory for followers that are close behind. */
  readonly windowBytesMax: number;
}

export function checkStart(start: LogStart): void {
  const { mark, lastIndex, terms, commit, applied } = start;
  const termsFrom = terms[0]?.from ?? Number.POSITIVE_INFINITY;
  if (lastIndex < mark.index || (lastIndex > mark.index && termsFrom > mark.index + 1)) {
    throw new ImpossibleInput(
      `the log goes from ${mark.index + 1} to ${lastIndex}, its terms begin at ${termsFrom}`,
    );
  }
  if (applied < mark.index && !start.installing) {
    throw new ImpossibleInput(
      `the state ends at ${applied}, the log begins after ${mark.index}: entries are missing`,
    );
  }
  if (Math.max(commit, applied) > lastIndex) {
    throw new ImpossibleInput(
      `index ${Math.max(commit, applied)} was committed, but the log ends at ${lastIndex}`,
    );
  }
}
