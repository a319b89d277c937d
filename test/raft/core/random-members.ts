/**
 * Who comes and goes in a random run: learners are added on new nodes, promoted, demoted,
 * removed, the leader among them, and dead voters are replaced, under all the weather there is.
 * Replicas are created by the first message to them, and destroyed when they are told to go.
 */
import {
  type Configuration,
  type Input,
  type Member,
  type MembershipStep,
  type Message,
  NOBODY,
  type ReplicaId,
  type RequestId,
} from '../../../src/raft/core/types.js';
import type { SeededRandom } from './seeded-random.js';
import type { SimulatedReplica } from './simulated-replica.js';

export interface MembersWorld {
  readonly random: SeededRandom;
  readonly replicas: ReadonlyMap<ReplicaId, SimulatedReplica>;
  note(line: string): void;
  count(what: string): void;
  create(id: ReplicaId): SimulatedReplica;
  changeMembership(
    replica: SimulatedReplica,
    change: { expected?: Configuration; steps: MembershipStep[] },
  ): void;
  destroyed(replica: SimulatedReplica): void;
  readonly slowToApply: Set<ReplicaId>;
  someEvents(count: number): void;
  /** Everything works for some ticks. */
  calm(ticks: number): void;
  /** Time passes for this one. */
  wait(replica: SimulatedReplica, ticks: number): void;
  drain(replica: SimulatedReplica): void;
  step(replica: SimulatedReplica, input: Input): void;
}

/** More would make every run a large group. */
const membersMax = 6;

/** A replica that knows nobody: whoever is its leader must send it a snapshot. */
export const uninitialised: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 0,
};

export class RandomMembers {
  readonly #world: MembersWorld;
  /** Told that they were removed; their nodes remember it. */
  readonly #gone = new Set<ReplicaId>();
  readonly #asked = new Map<RequestId, string>();
  #seen: Configuration | undefined;
  #exchanging = false;

  constructor(world: MembersWorld) {
    this.#world = world;
  }

  isGone(id: ReplicaId): boolean {
    return this.#gone.has(id);
  }

  /** Anybody is asked, and mostly for something that makes sense. */
  change(replica: SimulatedReplica): void {
    const { random } = this.#world;
    const { configuration } = replica.core.status;
    // Whoever asks may have looked some time ago.
    if (this.#seen === undefined || random.chance(0.8)) this.#seen = configuration;
    const steps = this.#steps(configuration);
    if (steps.length === 0) return;
    const expected = random.chance(0.5) ? { expected: this.#seen } : {};
    this.#world.changeMembership(replica, { ...expected, steps });
  }

  #steps({ voters, learners, nextReplica }: Configuration): MembershipStep[] {
    const { random } = this.#world;
    const voter = pickReplica(random, voters);
    const learner = pickReplica(random, learners);
    const anybody = random.between(1, nextReplica);
    const add: MembershipStep = { kind: 'add-learner', node: nextReplica };
    const promote: MembershipStep = { kind: 'promote', replica: learner };
    const remove: MembershipStep = { kind: 'remove', replica: voter };
    const kinds: (() => MembershipStep[])[] = [
      () => [add],
      () => [add],
      () => [add],
      () => [promote],
      () => [promote],
      () => [promote, remove],
      () => [promote, remove],
      () => everybody(learners, 'promote'),
      () => [...everybody(learners, 'promote'), ...everybody(voters, 'remove')],
      () => [...everybody(learners, 'promote'), ...everybody(voters.slice(1), 'remove')],
      () => [...everybody(learners, 'promote'), ...everybody(voters.slice(1), 'demote')],
      () => [remove],
      () => [{ kind: 'demote', replica: voter }],
      () => [{ kind: 'remove', replica: learner }],
      () => everybody(voters.slice(1), 'remove'),
      () => [{ kind: 'remove', replica: anybody }],
    ];
    const steps = random.pick(kinds)();
    const full = voters.length + learners.length >= membersMax;
    return full && steps.some(({ kind }) => kind === 'add-learner') ? [] : steps;
  }

  /**
   * In good weather learners are added; then all the voters but a few are replaced in one change,
   * the weather is back, and those that go are late to apply what they have agreed to.
   */
  exchange(): void {
    const { random, slowToApply } = this.#world;
    if (this.#exchanging) return;
    this.#exchanging = true;
    this.#world.calm(random.between(5, 20));
    for (let i = 0; i < 2; i += 1) {
      this.#askLeader(({ nextReplica, voters, learners }) => {
        if (voters.length + learners.length >= membersMax) return [];
        return [{ kind: 'add-learner', node: nextReplica }];
      });
      this.#world.calm(random.between(2, 6));
    }
    this.#askLeader(({ voters, learners }) => {
      const leaving = voters.slice(random.between(0, Math.min(1, voters.length - 1)));
      for (const { replica } of leaving) if (random.chance(0.8)) slowToApply.add(replica);
      return [...everybody(learners, 'promote'), ...everybody(leaving, 'remove')];
    });
    this.#world.someEvents(200);
    for (const id of slowToApply) {
      const slow = this.#world.replicas.get(id);
      if (slow?.up === true) this.#world.wait(slow, random.between(5, 12));
    }
    this.#world.someEvents(100);
    slowToApply.clear();
    this.#exchanging = false;
  }

  #askLeader(change: (now: Configuration) => MembershipStep[]): void {
    const up = [...this.#world.replicas.values()].filter((replica) => replica.up);
    const leader = up.find(({ core }) => core.status.role === 'leader');
    if (leader === undefined) return;
    const steps = change(leader.core.status.configuration);
    if (steps.length === 0) return;
    this.#world.changeMembership(leader, { steps });
    this.#world.drain(leader);
  }

  asked(id: RequestId, steps: readonly MembershipStep[]): void {
    this.#asked.set(id, [...new Set(steps.map(({ kind }) => kind))].join('+'));
  }

  /** Each kind of change is to happen, and each kind of refusal. */
  answered(id: RequestId, outcome: string): void {
    const what = this.#asked.get(id);
    if (what === undefined) return;
    this.#asked.delete(id);
    this.#world.count(outcome === 'proposed' ? `change ${what}` : `refused ${outcome}`);
  }

  /** The replica that a message is for, made when there is none and there may be one. */
  receiver({ to, type }: Message): SimulatedReplica | undefined {
    const known = this.#world.replicas.get(to);
    if (known !== undefined || this.#gone.has(to)) return known;
    const creates = ['append', 'heartbeat', 'snapshot', 'vote', 'pre-vote'].includes(type);
    if (!creates) return undefined;
    this.#world.note(`${to} is created`);
    this.#world.count('created');
    return this.#world.create(to);
  }

  /**
   * All the members that a replica knows may have left, or be followers. Then its host asks all
   * nodes, and that of the leader answers.
   */
  tellOrphans(): void {
    const up = [...this.#world.replicas.values()].filter((replica) => replica.up);
    const leader = up.find(({ core }) => core.leadership?.settled === true);
    if (leader === undefined) return;
    const { term } = leader.core.status;
    for (const replica of up) {
      if (replica.core.leader !== NOBODY) continue;
      if (leader.core.membership.acquaintance(replica.id) !== 'gone') continue;
      const message = { type: 'gone', from: leader.id, to: replica.id, term } as const;
      this.#world.step(replica, { kind: 'message', message });
    }
  }

  /** A replica that was told so takes its log with it. */
  destroyIfRemoved(replica: SimulatedReplica): void {
    if (!replica.up || !replica.core.status.removed) return;
    this.#gone.add(replica.id);
    this.#world.note(`${replica.id} was removed and is destroyed`);
    this.#world.count('destroyed');
    this.#world.destroyed(replica);
  }
}

function everybody(
  members: readonly Member[],
  kind: 'promote' | 'remove' | 'demote',
): MembershipStep[] {
  return members.map(({ replica }) => ({ kind, replica }));
}

/** 0, whom nobody knows, when there is nobody. */
function pickReplica(random: SeededRandom, members: readonly Member[]): ReplicaId {
  return members.length === 0 ? 0 : random.pick(members).replica;
}
