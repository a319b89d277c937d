/**
 * What clients of a replica ask of it: proposals, reads and membership changes. Each is placed,
 * forwarded or turned away at once, with the reason.
 */
import type { EffectsCollector } from './effects.js';
import type { Leadership } from './leadership.js';
import type { RaftLimits, RaftTiming } from './options.js';
import type { Outbox } from './outbox.js';
import type { ForwardedReads } from './reads.js';
import type { Standing } from './standing.js';
import {
  type DropReason,
  type Input,
  NOBODY,
  type Proposal,
  type ReadIndexRequest,
  type ReadIndexResponse,
  type ReplicaId,
  type RequestId,
} from './types.js';

export interface RequestsParts {
  readonly self: ReplicaId;
  readonly outbox: Outbox;
  readonly timing: RaftTiming;
  readonly standing: Standing;
  readonly forwardedReads: ForwardedReads;
  readonly effects: EffectsCollector;
  readonly limits: RaftLimits;
  /** The state is not the group's, or not yet: nothing is served. */
  readonly installing: () => boolean;
}

export class Requests {
  readonly #parts: RequestsParts;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  propose(proposals: readonly Proposal[]): void {
    const { effects } = this.#parts;
    for (const { id, data } of proposals) {
      const gate = this.#gate();
      if ('closed' in gate) {
        effects.dropped(id, gate.closed);
        continue;
      }
      const entry = gate.leadership.propose(data);
      if (entry === undefined) effects.dropped(id, 'overloaded');
      else effects.proposed(id, entry);
    }
  }

  changeMembership(change: Extract<Input, { kind: 'change-membership' }>): void {
    const { effects } = this.#parts;
    const gate = this.#gate();
    if ('closed' in gate) {
      const led = gate.closed === 'not-leader';
      const reason = led ? 'not-leader' : 'transferring';
      const detail = led ? 'another replica leads' : 'this leader hands over';
      effects.refused(change.id, { reason, detail });
      return;
    }
    const result = gate.leadership.changeMembership(change);
    if ('entry' in result) effects.proposed(change.id, result.entry);
    else effects.refused(change.id, result.refusal);
  }

  read(id: RequestId): void {
    const { standing, forwardedReads, effects, limits, installing } = this.#parts;
    const gate = this.#gate();
    if ('leadership' in gate) {
      const { reads } = gate.leadership;
      if (reads.waitingCount >= limits.waitingReadsMax) effects.dropped(id, 'overloaded');
      else reads.addLocal(id);
    } else if (installing()) {
      effects.dropped(id, 'installing');
    } else if (gate.closed !== 'not-leader' || standing.leader === NOBODY) {
      effects.dropped(id, gate.closed);
    } else if (forwardedReads.waitingCount >= limits.waitingReadsMax) {
      effects.dropped(id, 'overloaded');
    } else {
      forwardedReads.add(id);
    }
  }

  // The way of a read ---------------------------------------------------------------------

  /** Somebody here waits for the leader. */
  get waiting(): boolean {
    return this.#parts.forwardedReads.waitingCount > 0;
  }

  /** A follower's question to its leader, new or said again. */
  askForReads(tick: number): void {
    const { self, standing, forwardedReads, outbox, timing } = this.#parts;
    const { leader: to, term } = standing;
    if (to === NOBODY || standing.leadership !== undefined) return;
    const context = forwardedReads.ask(tick, timing.heartbeatTicks * 2);
    if (context === undefined) return;
    outbox.sendNow({ type: 'read-index', from: self, to, term, context });
  }

  /** A follower's question; a transfer closes the gate for those as well. */
  readAsked({ from, context }: ReadIndexRequest): void {
    const gate = this.#gate();
    if ('leadership' in gate) gate.leadership.reads.addRemote(from, context);
  }

  readsAnswered({ context, index }: ReadIndexResponse): void {
    const { forwardedReads, effects } = this.#parts;
    for (const id of forwardedReads.answered(context)) effects.granted(id, index);
  }

  /** What a leader's rounds have confirmed, its own reads and its followers' questions. */
  grantReads(): void {
    const { self: from, standing, outbox, effects } = this.#parts;
    const { term, leadership } = standing;
    for (const { index, local, remote } of leadership?.takeGrantedReads() ?? []) {
      for (const id of local) effects.granted(id, index);
      for (const [to, context] of remote) {
        outbox.sendNow({ type: 'read-index-response', from, to, term, context, index });
      }
    }
  }

  /** The state is replaced, or must be: there is nothing to serve a read from. */
  stateIsGone(): void {
    this.#parts.effects.revokeReads('installing');
    this.dropReads('installing');
  }

  /** Whoever waits for the old leader, or for this replica as the leader, must ask again. */
  dropReads(reason: DropReason): void {
    const { standing, forwardedReads, effects } = this.#parts;
    const own = standing.leadership?.reads.abandon() ?? [];
    for (const id of [...forwardedReads.abandon(), ...own]) effects.dropped(id, reason);
  }

  /** One gate for writes and reads: a transfer stops both, as does being voted out (F9, F10). */
  #gate(): { leadership: Leadership } | { closed: 'not-leader' | 'installing' | 'transferring' } {
    const { standing, installing } = this.#parts;
    const { leadership } = standing;
    if (leadership === undefined) return { closed: 'not-leader' };
    if (installing()) return { closed: 'installing' };
    const goes = leadership.transferring || leadership.leaving;
    return goes ? { closed: 'transferring' } : { leadership };
  }
}
