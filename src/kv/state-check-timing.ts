/**
 * When the replicas of a shard are compared: often enough that damage is found while the other
 * copies are good, seldom enough to cost nothing.
 */
export interface StateCheckTiming {
  /** From the end of one pass over a shard to the beginning of the next. */
  readonly passMs: number;
  /** From one step of a pass to the next. */
  readonly stepMs: number;
  /** Followers are asked for their hash of a step this long, until they have applied it. */
  readonly answerMs: number;
}

export const defaultStateCheckTiming: StateCheckTiming = {
  passMs: 6 * 3_600_000,
  stepMs: 1_000,
  answerMs: 10_000,
};
