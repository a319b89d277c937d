/**
 * A leader hands over (section 3.10 of the dissertation): it takes no more proposals, waits until
 * the target holds its whole log, asks it to campaign at once, and gives up after an election
 * timeout. The request names the end of the log: a target that lost it since must not campaign
 * (E12).
 */
import type { RaftLog } from './log.js';
import type { Membership } from './membership.js';
import type { RaftTiming } from './options.js';
import type { Outbox } from './outbox.js';
import type { Progress } from './progress.js';
import type { HandOverReason, ReplicaId, Term } from './types.js';

export interface TransferParts {
  readonly self: ReplicaId;
  readonly term: Term;
  readonly membership: Membership;
  readonly log: RaftLog;
  readonly outbox: Outbox;
  readonly timing: RaftTiming;
  readonly followers: ReadonlyMap<ReplicaId, Progress>;
}

interface Target {
  readonly to: ReplicaId;
  /** Undefined: the host wanted it. */
  readonly reason: HandOverReason | undefined;
  ticks: number;
  asked: boolean;
}

export class Transfer {
  readonly #parts: TransferParts;
  #target: Target | undefined;

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  get underWay(): boolean {
    return this.#target !== undefined;
  }

  get reason(): HandOverReason | undefined {
    return this.#target?.reason;
  }

  start(to: ReplicaId, reason?: HandOverReason): void {
    const { membership, self } = this.#parts;
    if (to === self || !membership.isVoter(to) || this.#target?.to === to) return;
    this.#target = { to, reason, ticks: 0, asked: false };
    this.askIfCaughtUp();
  }

  /** To a voter that is heard and holds all that is committed, if there is one. */
  toBest(reason: HandOverReason): ReplicaId | undefined {
    const { log, membership, followers } = this.#parts;
    if (this.#target !== undefined) return undefined;
    let best: ReplicaId | undefined;
    let bestMatch = log.commit - 1;
    for (const [replica, { active, state, match }] of followers) {
      const able = active && state === 'replicate' && membership.isVoter(replica);
      if (!able || match <= bestMatch) continue;
      best = replica;
      bestMatch = match;
    }
    if (best !== undefined) this.start(best, reason);
    return best;
  }

  /** False: an election timeout has passed and nobody took over. */
  tick(): boolean {
    if (this.#target === undefined) return true;
    this.#target.ticks += 1;
    if (this.#target.ticks < this.#parts.timing.electionTicksMin) return true;
    this.#target = undefined;
    return false;
  }

  membershipChanged(): void {
    if (this.#target === undefined) return;
    if (!this.#parts.membership.isVoter(this.#target.to)) this.#target = undefined;
  }

  askIfCaughtUp(): void {
    const { log, outbox, self, term, followers } = this.#parts;
    const target = this.#target;
    if (target === undefined || target.asked) return;
    if (followers.get(target.to)?.match !== log.lastIndex) return;
    target.asked = true;
    outbox.sendNow({
      type: 'timeout-now',
      from: self,
      to: target.to,
      term,
      lastIndex: log.last.index,
      lastTerm: log.last.term,
    });
  }

  /** The request may have been lost, or have met a voter that has a change to apply first (E2). */
  askAgain(): void {
    if (this.#target !== undefined) this.#target.asked = false;
    this.askIfCaughtUp();
  }
}
