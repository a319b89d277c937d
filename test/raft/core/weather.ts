/**
 * What one random run is exposed to: drawn per run, so that some are calm and long and others
 * lossy, slow or torn apart, and so that every limit is tiny in some of them.
 */
import type { RaftLimits } from '../../../src/raft/core/options.js';
import type { SeededRandom } from './seeded-random.js';

export interface Weather {
  readonly voters: number;
  readonly learners: number;
  /** How fast the clock of the replica with id 1, 2, ... runs, compared with the fastest. */
  readonly clockRates: readonly number[];
  readonly limits: RaftLimits;
  readonly quietAfterTicks: number;
  readonly lossChance: number;
  readonly duplicateChance: number;
  readonly reorderChance: number;
  /** How often messages that were lost or held up long ago arrive after all. */
  readonly lateChance: number;
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
    /** A snapshot is made, fetched, installed by half, thrown away. */
    readonly snapshot: number;
    /** A state is found to differ from the group's. */
    readonly damage: number;
    /** Replicas are added, promoted, demoted, removed and replaced. */
    readonly churn: number;
    /** Many voters change at once, and those that go are slow to apply it. */
    readonly exchange: number;
    readonly crash: number;
    readonly restart: number;
    readonly cut: number;
    /** Whoever leads is cut off, alone or with a few. */
    readonly cutLeader: number;
    /** A leader is cut off, the others elect another, and somebody reads from the old one. */
    readonly usurp: number;
    /** Time passes for some and nothing is delivered: elections begin. */
    readonly lull: number;
    readonly heal: number;
    /** A process stands still and does not know it (SIGSTOP, a long collection). */
    readonly pause: number;
    readonly resume: number;
  };
}

export function randomWeather(random: SeededRandom): Weather {
  const appendBytesMax = random.pick([1, 10, 40, 1000]);
  const inflightBytesMax = appendBytesMax * random.pick([1, 2, 10]);
  const churn = random.pick([0, 0, 1, 4]);
  const weights = {
    deliver: random.pick([60, 100]),
    drain: 20,
    tick: random.pick([8, 15, 30]),
    disk: random.pick([8, 25, 50]),
    apply: random.pick([1, 3, 10]),
    propose: random.pick([1, 4, 8]),
    read: random.pick([0, 3, 6]),
    campaign: random.pick([0, 0.2, 1]),
    transfer: random.pick([0, 0.2, 1]),
    unreachable: random.pick([0, 0.5]),
    compact: random.pick([0, 0.5, 2, 4]),
    snapshot: random.pick([2, 6, 20]),
    // The last whole voter may be the one that is voted out: not both in one run.
    churn,
    exchange: churn > 0 ? random.pick([0, 0.2, 0.5]) : 0,
    damage: churn > 0 ? 0 : random.pick([0, 0, 0.05, 0.2]),
    crash: random.pick([0, 0.1, 0.4]),
    restart: random.pick([0.5, 2]),
    cut: random.pick([0, 0.1, 0.3]),
    cutLeader: random.pick([0, 0.2, 0.5]),
    heal: random.pick([0.5, 2]),
    usurp: random.pick([0, 0.1, 0.3]),
    lull: random.pick([0, 0.3, 1]),
    pause: random.pick([0, 0, 0.3, 1]),
    resume: random.pick([0.5, 2]),
  };
  return {
    voters: random.pick([1, 2, 3, 3, 3, 4, 5, 5]),
    learners: churn > 0 ? random.between(0, 3) : random.pick([0, 0, 0, 1]),
    clockRates: Array.from({ length: 6 }, () => random.pick([0.2, 1, 1, 1])),
    limits: {
      appendBytesMax,
      inflightMessagesMax: random.pick([1, 2, 16]),
      inflightBytesMax,
      uncommittedBytesMax: inflightBytesMax * random.pick([1, 4, 100]),
      unappliedBytesMax: appendBytesMax * random.pick([1, 4, 100]),
      windowBytesMax: random.pick([0, 20, 200, 10_000]),
      waitingReadsMax: random.pick([1, 3, 100]),
    },
    quietAfterTicks: random.pick([0, 5, 5, 20]),
    lossChance: random.pick([0, 0, 0.02, 0.2]),
    duplicateChance: random.pick([0, 0, 0.05, 0.2]),
    reorderChance: random.pick([0, 0.1, 0.5, 1]),
    lateChance: random.pick([0, 0.01, 0.05]),
    shortenChance: random.pick([0, 0, 0.2, 0.5]),
    drainChance: random.pick([0.2, 0.7, 1]),
    weights,
  };
}
