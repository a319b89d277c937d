/**
 * Where the replicas of a group live. Members are in the configuration; a replica that is not (yet,
 * or any more) a member is found at the node it spoke from: a candidate that knows a newer
 * configuration wants its vote, and one that was removed wants to be told.
 */
import type { Configuration, NodeId, ReplicaId } from './core/types.js';

/** Strangers that are remembered; the one not heard of for longest is forgotten. */
const strangersMax = 64;

export class AddressBook {
  readonly #strangers = new Map<ReplicaId, NodeId>();

  /** Whoever leaves a configuration is a stranger from then on, and still to be reached. */
  left({ voters, outgoing, learners, learnersNext }: Configuration): void {
    for (const { replica, node } of [...voters, ...outgoing, ...learners, ...learnersNext]) {
      this.heard(replica, node);
    }
  }

  heard(replica: ReplicaId, node: NodeId): void {
    this.#strangers.delete(replica);
    this.#strangers.set(replica, node);
    if (this.#strangers.size <= strangersMax) return;
    const [oldest] = this.#strangers.keys();
    if (oldest !== undefined) this.#strangers.delete(oldest);
  }

  nodeOf(replica: ReplicaId): NodeId | undefined {
    return this.#strangers.get(replica);
  }
}
