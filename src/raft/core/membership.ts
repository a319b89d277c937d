/**
 * The configuration in force, indexed for the questions the core asks of it all the time. It is
 * replaced in place when another one is applied, so that whoever asks always asks the same one.
 */
import { invariant } from './invariant.js';
import type { Quorum } from './quorum.js';
import type { Configuration, Member, NodeId, ReplicaId } from './types.js';

/**
 * Ids are given upwards and once, so an id that is not a member's says when it was given: before
 * this configuration, and then it was removed for ever, or after it, and then its configuration
 * is newer than this one.
 */
export type Acquaintance = 'member' | 'gone' | 'younger';

export class Membership implements Quorum {
  #configuration: Configuration;
  #voters: readonly ReplicaId[] = [];
  #outgoing: readonly ReplicaId[] = [];
  #replicas: readonly ReplicaId[] = [];
  #nodes = new Map<ReplicaId, NodeId>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
    this.replaceBy(configuration);
  }

  replaceBy(configuration: Configuration): void {
    const { voters, outgoing } = configuration;
    const nodes = nodesOf(configuration);
    const uninitialised = nodes.size === 0 && configuration.nextReplica === 0;
    invariant(voters.length > 0 || uninitialised, 'a configuration has at least one voter (E13)');
    this.#configuration = configuration;
    this.#nodes = nodes;
    this.#voters = sortedReplicas(voters);
    this.#outgoing = sortedReplicas(outgoing);
    this.#replicas = [...nodes.keys()].sort((a, b) => a - b);
  }

  get configuration(): Configuration {
    return this.#configuration;
  }
  get voters(): readonly ReplicaId[] {
    return this.#voters;
  }
  get outgoing(): readonly ReplicaId[] {
    return this.#outgoing;
  }
  /** Everybody who is sent the log, ascending, so that every broadcast has one order. */
  get replicas(): readonly ReplicaId[] {
    return this.#replicas;
  }

  /** Two sets of voters decide together (section 6). */
  get joint(): boolean {
    return this.#outgoing.length > 0;
  }

  /** Of a replica that was created on demand and has seen no snapshot yet. */
  get uninitialised(): boolean {
    return this.#replicas.length === 0;
  }

  isVoter(replica: ReplicaId): boolean {
    return this.#voters.includes(replica) || this.#outgoing.includes(replica);
  }

  has(replica: ReplicaId): boolean {
    return this.#nodes.has(replica);
  }

  acquaintance(replica: ReplicaId): Acquaintance {
    if (this.#nodes.has(replica)) return 'member';
    return replica < this.#configuration.nextReplica ? 'gone' : 'younger';
  }

  nodeOf(replica: ReplicaId): NodeId | undefined {
    return this.#nodes.get(replica);
  }
}

function nodesOf(configuration: Configuration): Map<ReplicaId, NodeId> {
  const { voters, outgoing, learners, learnersNext } = configuration;
  const nodes = new Map<ReplicaId, NodeId>();
  for (const { replica, node } of [...voters, ...outgoing, ...learners, ...learnersNext]) {
    invariant(replica > 0, 'replica ids are positive');
    invariant(replica < configuration.nextReplica, 'the next id is greater than all given ones');
    const known = nodes.get(replica);
    invariant(known === undefined || known === node, 'one replica id, one node');
    nodes.set(replica, node);
  }
  return nodes;
}

function sortedReplicas(members: readonly Member[]): readonly ReplicaId[] {
  return members.map((member) => member.replica).sort((a, b) => a - b);
}
