/**
 * What a membership change makes of a configuration, and what leaving a joint one does (section
 * 6). Pure: who is up and how far the logs are is somebody else's question.
 *
 * Whatever changes who votes goes through a joint configuration, be it one voter or all of them.
 * A change of learners alone decides nothing and takes one entry.
 */
import type {
  Configuration,
  Member,
  MembershipRefusal,
  MembershipStep,
  NodeId,
  ReplicaId,
} from './types.js';

export interface Refusal {
  readonly reason: MembershipRefusal;
  readonly detail: string;
}

export type Changed = { readonly configuration: Configuration } | { readonly refusal: Refusal };

export function refusal(reason: MembershipRefusal, detail: string): { refusal: Refusal } {
  return { refusal: { reason, detail } };
}

/** `current` is not joint. The parts of a change see each other's outcome, in their order. */
export function changed(current: Configuration, steps: readonly MembershipStep[]): Changed {
  if (steps.length === 0) return refusal('invalid-steps', 'there is nothing to change');
  const draft = new Draft(current);
  for (const step of steps) {
    const refused = draft.take(step);
    if (refused !== undefined) return refused;
  }
  return draft.finish();
}

/** The second half of a voter change: the outgoing voters go, or become learners. */
export function left(joint: Configuration): Configuration {
  const { voters, learners, learnersNext, nextReplica } = joint;
  return {
    voters,
    outgoing: [],
    learners: byReplica([...learners, ...learnersNext]),
    learnersNext: [],
    autoLeave: false,
    nextReplica,
  };
}

/** Whoever is in it, in whatever order. */
export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  return canonical(a) === canonical(b);
}

function canonical(configuration: Configuration): string {
  const { voters, outgoing, learners, learnersNext, autoLeave, nextReplica } = configuration;
  const lists = [voters, outgoing, learners, learnersNext].map((members) =>
    byReplica(members).map(({ node, replica }) => [node, replica]),
  );
  return JSON.stringify([lists, autoLeave, nextReplica]);
}

class Draft {
  readonly #before: Configuration;
  #voters: readonly Member[];
  #learners: readonly Member[];
  #nextReplica: ReplicaId;
  /** Each replica has one place in a change, so that no step undoes another. */
  readonly #moved = new Set<ReplicaId>();

  constructor(current: Configuration) {
    this.#before = current;
    this.#voters = current.voters;
    this.#learners = current.learners;
    this.#nextReplica = current.nextReplica;
  }

  take(step: MembershipStep): { refusal: Refusal } | undefined {
    if (step.kind === 'add-learner') return this.#addLearner(step.node);
    const { kind, replica } = step;
    if (this.#moved.has(replica)) {
      return refusal('invalid-steps', `replica ${replica} occurs twice`);
    }
    this.#moved.add(replica);
    const voter = this.#voters.find((member) => member.replica === replica);
    const learner = this.#learners.find((member) => member.replica === replica);
    const member = voter ?? learner;
    if (member === undefined) {
      return refusal('unknown-replica', `the group has no replica ${replica}`);
    }
    if (kind === 'promote' && learner === undefined) {
      return refusal('not-a-learner', `replica ${replica} votes already`);
    }
    if (kind === 'demote' && voter === undefined) {
      return refusal('not-a-voter', `replica ${replica} does not vote`);
    }
    this.#voters = without(this.#voters, replica);
    this.#learners = without(this.#learners, replica);
    if (kind === 'promote') this.#voters = byReplica([...this.#voters, member]);
    if (kind === 'demote') this.#learners = byReplica([...this.#learners, member]);
    return undefined;
  }

  /** A new replica begins as a learner, or it could not help to decide anything for long. */
  #addLearner(node: NodeId): { refusal: Refusal } | undefined {
    const there = [...this.#before.voters, ...this.#before.learners, ...this.#learners].find(
      (member) => member.node === node,
    );
    if (there !== undefined) {
      const detail = `node ${node} has replica ${there.replica}`;
      return refusal('node-has-replica', detail);
    }
    this.#learners = byReplica([...this.#learners, { node, replica: this.#nextReplica }]);
    this.#moved.add(this.#nextReplica);
    this.#nextReplica += 1;
    return undefined;
  }

  finish(): Changed {
    const { voters: outgoing } = this.#before;
    const voters = this.#voters;
    if (voters.length === 0) return refusal('last-voter', 'nobody would be left to decide');
    const nextReplica = this.#nextReplica;
    const sameVoters = sameIds(voters, outgoing);
    if (sameVoters) {
      const learners = this.#learners;
      return {
        configuration: {
          voters,
          outgoing: [],
          learners,
          learnersNext: [],
          autoLeave: false,
          nextReplica,
        },
      };
    }
    // Whoever still votes in the outgoing set cannot be a learner at the same time.
    const stillVotes = (member: Member) => has(outgoing, member.replica);
    return {
      configuration: {
        voters,
        outgoing,
        learners: this.#learners.filter((member) => !stillVotes(member)),
        learnersNext: this.#learners.filter(stillVotes),
        autoLeave: true,
        nextReplica,
      },
    };
  }
}

function has(members: readonly Member[], replica: ReplicaId): boolean {
  return members.some((member) => member.replica === replica);
}

function without(members: readonly Member[], replica: ReplicaId): readonly Member[] {
  return members.filter((member) => member.replica !== replica);
}

function sameIds(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every(({ replica }) => has(b, replica));
}

function byReplica(members: readonly Member[]): readonly Member[] {
  return [...members].sort((a, b) => a.replica - b.replica);
}
