/**
 * A configuration, indexed for the questions the core asks of it all the time.
 */
import { invariant } from './invariant.js';
import type { Quorum } from './quorum.js';
import type { Configuration, Member, NodeId, ReplicaId } from './types.js';

export class Membership implements Quorum {
  readonly configuration: Configuration;
  readonly voters: readonly ReplicaId[];
  readonly outgoing: readonly ReplicaId[];
  /** Everybody who is sent the log, ascending, so that every broadcast has one order. */
  readonly replicas: readonly ReplicaId[];
  readonly #nodes = new Map<ReplicaId, NodeId>();

  constructor(configuration: Configuration) {
    const { voters, outgoing, learners, learnersNext } = configuration;
    invariant(voters.length > 0, 'a configuration has at least one voter (E13)');
    for (const member of [...voters, ...outgoing, ...learners, ...learnersNext]) {
      invariant(member.replica > 0, 'replica ids are positive');
      const node = this.#nodes.get(member.replica);
      invariant(node === undefined || node === member.node, 'one replica id, one node');
      this.#nodes.set(member.replica, member.node);
    }
    this.configuration = configuration;
    this.voters = sortedReplicas(voters);
    this.outgoing = sortedReplicas(outgoing);
    this.replicas = [...this.#nodes.keys()].sort((a, b) => a - b);
  }

  isVoter(replica: ReplicaId): boolean {
    return this.voters.includes(replica) || this.outgoing.includes(replica);
  }

  has(replica: ReplicaId): boolean {
    return this.#nodes.has(replica);
  }

  nodeOf(replica: ReplicaId): NodeId | undefined {
    return this.#nodes.get(replica);
  }
}

function sortedReplicas(members: readonly Member[]): readonly ReplicaId[] {
  return members.map((member) => member.replica).sort((a, b) => a - b);
}
