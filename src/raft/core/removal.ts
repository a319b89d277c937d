/**
 * Removal from the group, which is for ever (G2): of others, to whom nobody listens any more, and
 * of this replica, which is silent once it has been told.
 *
 * A replica is removed when the leader says so, not when it applies a configuration without
 * itself: those who do not know yet that this one is committed may need one more vote from it to
 * elect a leader, and only the leader knows when they need it no longer.
 */
import type { Membership } from './membership.js';
import type { Outbox } from './outbox.js';
import type { Standing } from './standing.js';
import type { Message, ReplicaId } from './types.js';

export interface RemovalParts {
  readonly self: ReplicaId;
  readonly membership: Membership;
  readonly standing: Standing;
  readonly outbox: Outbox;
}

export class Removal {
  readonly #parts: RemovalParts;
  #removed = false;

  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /** This replica was removed; its host destroys it. */
  get done(): boolean {
    return this.#removed;
  }

  /** True when the message has no other effect. */
  settles(message: Message): boolean {
    if (this.#removed) return true;
    if (this.#isGone(message)) {
      this.#tellToGo(message);
      return true;
    }
    if (message.type !== 'gone') return false;
    this.#parts.standing.resign();
    this.#removed = true;
    return true;
  }

  /** A leader that was voted out leads on until somebody takes over (E9). */
  #isGone({ from, term }: Message): boolean {
    const { membership, standing } = this.#parts;
    if (membership.acquaintance(from) !== 'gone') return false;
    return from !== standing.leader || term !== standing.term;
  }

  #tellToGo({ type, from: to }: Message): void {
    const { self, standing, outbox } = this.#parts;
    if (type === 'gone' || standing.leadership?.settled !== true) return;
    outbox.sendNow({ type: 'gone', from: self, to, term: standing.term });
  }
}
