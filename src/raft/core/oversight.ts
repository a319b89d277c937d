/**
 * What a leader decides about itself with every tick: that its group may sleep, or that somebody
 * else should lead. It hands over when its disk is slow, when its state is damaged and when it
 * was voted out, and tells the host why.
 */
import { DiskLag } from './disk-lag.js';
import type { EffectsCollector } from './effects.js';
import type { RaftLog } from './log.js';
import type { RaftTiming } from './options.js';
import type { Quiescence } from './quiescence.js';
import type { SnapshotReceiving } from './snapshot-receiving.js';
import type { Standing } from './standing.js';
import type { HandOverReason } from './types.js';

export interface OversightParts {
  readonly standing: Standing;
  readonly log: RaftLog;
  readonly snapshots: SnapshotReceiving;
  readonly quiescence: Quiescence;
  readonly effects: EffectsCollector;
  readonly timing: RaftTiming;
}

export class Oversight {
  readonly #parts: OversightParts;
  readonly #diskLag: DiskLag;

  constructor(parts: OversightParts) {
    this.#parts = parts;
    this.#diskLag = new DiskLag(parts.timing);
  }

  /** True when the leader says goodbye, in place of a heartbeat. */
  goesQuiet(): boolean {
    const { standing, snapshots, quiescence } = this.#parts;
    const { leadership } = standing;
    if (leadership === undefined) quiescence.busy();
    if (!quiescence.idle() || !snapshots.stateIsWhole) return false;
    if (leadership?.atRest !== true) return false;
    leadership.goQuiet();
    quiescence.sleep();
    return true;
  }

  /** Whether this leader should rather not be one. */
  tick(tick: number): void {
    const { standing, log, snapshots } = this.#parts;
    const { leadership } = standing;
    if (leadership === undefined) return this.#diskLag.rest();
    if (!snapshots.stateIsWhole) {
      // Whoever could take over was asked, and others can campaign; this replica does not.
      if (!leadership.transferring) standing.stepDown();
    } else if (leadership.departs) {
      this.handOver('removed');
    } else if (this.#diskLag.tooSlow(tick, log)) {
      if (this.handOver('slow-disk')) this.#diskLag.handedOver(tick);
    }
  }

  /** False when nobody could take over, or somebody is being asked to. */
  handOver(reason: HandOverReason): boolean {
    const { standing, effects } = this.#parts;
    const to = standing.leadership?.handOver(reason);
    if (to !== undefined) effects.handOver(to, reason);
    return to !== undefined;
  }
}
