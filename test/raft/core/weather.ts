/**
 * What one random run is exposed to: drawn per run, so that some are calm and long and others
 * lossy, slow or torn apart, and so that every limit is tiny in some of them.
 */
import type { RaftLimits } from '../../../src/raft/core/options.js';
import type { SeededRandom } from './seeded-random.js';

export interface Weather {
  readonly voters: number;
  readonly learners: number;
  readonly limits: RaftLimits;
  readonly lossChance: number;
  readonly duplicateChance: number;
  readonly reorderChance: number;
  /** An append arrives with fewer of its entries, as any leader might have sent it (B3, B4). */
  readonly shortenChance: number;
  /** How likely a turn ends right after an input; otherwise inputs gather. */
  readonly drainChance: number;
  readonly weights: {
    readonly deliver: number;
    readonly drain: number;
    readonly tick: number;
    readonly disk: number;
    readonly apply: number;
    readonly propose: number;
    readonly read: number;
    readonly campaign: number;
    readonly transfer: number;
    readonly unreachable: number;
    readonly compact: number;
    readonly crash: number;
    readonly restart: number;
    readonly cut: number;
    readonly heal: number;
  };
}

export function randomWeather(random: SeededRandom): Weather {
  const appendBytesMax = random.pick([1, 10, 40, 1000]);
  const inflightBytesMax = appendBytesMax * random.pick([1, 2, 10]);
  const weights = {
    deliver: random.pick([30, 45, 60]),
    drain: 12,
    tick: random.pick([4, 8, 16]),
    disk: random.pick([2, 10, 25]),
    apply: random.pick([3, 10]),
    propose: random.pick([1, 4, 8]),
    read: random.pick([0, 3, 6]),
    campaign: random.pick([0, 0.2, 1]),
    transfer: random.pick([0, 0.2, 1]),
    unreachable: random.pick([0, 0.5]),
    compact: random.pick([0, 0.5, 2]),
    crash: random.pick([0, 0.3, 1]),
    restart: random.pick([1, 4]),
    cut: random.pick([0, 0.2, 0.6]),
    heal: random.pick([0.2, 1]),
  };
  return {
    voters: random.pick([1, 2, 3, 3, 3, 4, 5, 5]),
    learners: random.pick([0, 0, 0, 1]),
    limits: {
      appendBytesMax,
      inflightMessagesMax: random.pick([1, 2, 16]),
      inflightBytesMax,
      uncommittedBytesMax: inflightBytesMax * random.pick([1, 4, 100]),
      unappliedBytesMax: appendBytesMax * random.pick([1, 4, 100]),
      windowBytesMax: random.pick([0, 20, 200, 10_000]),
      waitingReadsMax: random.pick([1, 3, 100]),
    },
    lossChance: random.pick([0, 0, 0.02, 0.2]),
    duplicateChance: random.pick([0, 0, 0.05, 0.2]),
    reorderChance: random.pick([0, 0.1, 0.5, 1]),
    shortenChance: random.pick([0, 0, 0.2, 0.5]),
    drainChance: random.pick([0.2, 0.7, 1]),
    weights,
  };
}
