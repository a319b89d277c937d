/**
 * A planted bug: one mistake that somebody could have made in `src`, made on purpose and for one
 * run. A simulator that does not find it proves nothing about the mistakes that nobody knows of.
 */

import type { DirectedName } from './directed.js';

/** A text of a built module and what takes its place. */
export interface Edit {
  /** Below `build`, as in `src/raft/host.js`. */
  readonly file: string;
  /** Must be there exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug {
  readonly name: string;
  /** What is no longer true, in a sentence. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
  /** Seeds that are known to find it, tried first; without them it is the first one. */
  readonly seeds?: readonly number[];
  /** Chance finds it too rarely: the fault schedule that does, by its name. */
  readonly directed?: DirectedName;
}

/** Throws when the source is not the one that the edit was written for. */
export function edited(source: string, { file, find, replace }: Edit, bug: string): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(
    `planted bug ${bug}: its text occurs ${parts.length - 1} times in ${file} instead of once. ` +
      `The source has changed; write the edit anew:\n${find}`,
  );
}
