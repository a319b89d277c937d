/**
 * A group for tests that tell a story: every message waits until the test delivers or drops it,
 * every disk answers at once unless the test makes it slow. Nothing here is random.
 */
import {
  defaultLimits,
  defaultTiming,
  type RaftLimits,
  type RaftStatus,
  type RaftTiming,
} from '../../../src/raft/core/options.js';
import type { Raft } from '../../../src/raft/core/raft.js';
import type {
  Configuration,
  DropReason,
  Effects,
  HandOverReason,
  Index,
  Input,
  Member,
  MembershipRefusal,
  MembershipStep,
  Message,
  ReplicaId,
  RequestId,
} from '../../../src/raft/core/types.js';
import { uninitialised } from './random-members.js';
import { SimulatedReplica } from './simulated-replica.js';

export type MessageFilter = (message: Message) => boolean;

export interface ClusterObserver {
  drained(replica: ReplicaId, effects: Effects): void;
  /** Appends became durable; these messages leave now. */
  released(replica: ReplicaId, messages: readonly Message[]): void;
  delivering(message: Message): void;
  applied(replica: ReplicaId, index: Index): void;
}

export interface SimulatedClusterOptions {
  readonly voters: number;
  readonly learners?: number;
  readonly configuration?: Configuration;
  readonly timing?: RaftTiming;
  readonly limits?: Partial<RaftLimits>;
  readonly observer?: ClusterObserver;
  /** Zero unless told otherwise: the shortest election timeout for everybody. */
  readonly random?: () => number;
}

/** More passes than this means that messages breed. */
const settlePassesMax = 200;

export class SimulatedCluster {
  readonly replicas = new Map<ReplicaId, SimulatedReplica>();
  readonly granted: { replica: ReplicaId; id: RequestId; index: Index }[] = [];
  readonly dropped: { replica: ReplicaId; id: RequestId; reason: DropReason }[] = [];
  /** Replicas whose appends become durable only when the test says so. */
  readonly slowDisks = new Set<ReplicaId>();
  /** Replicas that make, fetch and install snapshots only when the test says so. */
  readonly slowSnapshots = new Set<ReplicaId>();
  /** Why a leader handed over by itself. */
  readonly handedOver: { replica: ReplicaId; to: ReplicaId; reason: HandOverReason }[] = [];
  /** Messages that a settle leaves in flight. */
  held: MessageFilter = () => false;
  /** Messages that are lost when they would arrive. */
  lost: MessageFilter = () => false;
  #inFlight: Message[] = [];
  readonly #observer: ClusterObserver | undefined;
  readonly refused: { replica: ReplicaId; id: RequestId; reason: MembershipRefusal }[] = [];
  readonly #options: SimulatedClusterOptions;
  #nextId = 1;

  constructor(options: SimulatedClusterOptions) {
    this.#options = options;
    this.#observer = options.observer;
    const configuration = options.configuration ?? configurationOf(options);
    const { voters, outgoing, learners, learnersNext } = configuration;
    const members = [...voters, ...outgoing, ...learners, ...learnersNext];
    for (const id of new Set(members.map((member) => member.replica))) {
      this.create(id, configuration);
    }
  }

  /** Without a configuration: by the first message to it, knowing nothing. */
  create(id: ReplicaId, configuration: Configuration = uninitialised): void {
    const { timing, limits, random } = this.#options;
    const replica = new SimulatedReplica({
      id,
      configuration,
      timing: timing ?? defaultTiming,
      limits: { ...defaultLimits, ...limits },
      random: random ?? (() => 0),
    });
    this.replicas.set(id, replica);
  }

  get inFlight(): readonly Message[] {
    return this.#inFlight;
  }

  replica(id: ReplicaId): SimulatedReplica {
    const replica = this.replicas.get(id);
    if (replica === undefined) throw new RangeError(`there is no replica ${id}`);
    return replica;
  }

  core(id: ReplicaId): Raft {
    return this.replica(id).core;
  }

  status(id: ReplicaId): RaftStatus {
    return this.core(id).status;
  }

  /** One input, and the turn ends. */
  step(id: ReplicaId, ...inputs: readonly Input[]): void {
    const replica = this.replica(id);
    for (const input of inputs) replica.step(input);
    this.drain(id);
  }

  drain(id: ReplicaId): void {
    const effects = this.replica(id).drain();
    if (effects === undefined) return;
    for (const read of effects.reads) this.granted.push({ replica: id, ...read });
    for (const drop of effects.dropped) this.dropped.push({ replica: id, ...drop });
    for (const { id: request, reason } of effects.refused) {
      this.refused.push({ replica: id, id: request, reason });
    }
    if (effects.handOver !== undefined) this.handedOver.push({ replica: id, ...effects.handOver });
    this.#observer?.drained(id, effects);
    this.#inFlight.push(...effects.send);
  }

  tick(id: ReplicaId, count = 1): void {
    for (let i = 0; i < count; i += 1) this.step(id, { kind: 'tick' });
  }

  propose(id: ReplicaId, ...texts: readonly string[]): void {
    const proposals = texts.map((text) => ({ id: this.#nextId++, data: Buffer.from(text) }));
    this.step(id, { kind: 'propose', proposals });
  }

  read(id: ReplicaId): RequestId {
    const request = this.#nextId++;
    this.step(id, { kind: 'read', id: request });
    return request;
  }

  change(id: ReplicaId, ...steps: readonly MembershipStep[]): void {
    this.step(id, { kind: 'change-membership', id: this.#nextId++, steps });
  }

  transfer(from: ReplicaId, to: ReplicaId): void {
    this.step(from, { kind: 'transfer', to });
  }

  /** Messages in flight that match are delivered, in the order they left; answers are not. */
  deliver(filter: MessageFilter = () => true): number {
    const all = this.#inFlight;
    this.#inFlight = all.filter((message) => !filter(message));
    const chosen = all.filter(filter);
    for (const message of chosen) this.#arrive(message);
    return chosen.length;
  }

  /** A copy of a message arrives, whatever the network does. */
  inject(message: Message): void {
    const replica = this.replicas.get(message.to);
    if (replica === undefined || !replica.up) return;
    this.#observer?.delivering(message);
    this.step(message.to, { kind: 'message', message });
  }

  #arrive(message: Message): void {
    if (this.lost(message)) return;
    const creates = ['append', 'heartbeat', 'snapshot'].includes(message.type);
    if (!this.replicas.has(message.to) && creates) this.create(message.to);
    this.inject(message);
  }

  drop(filter: MessageFilter = () => true): readonly Message[] {
    const lost = this.#inFlight.filter(filter);
    this.#inFlight = this.#inFlight.filter((message) => !filter(message));
    return lost;
  }

  durable(id: ReplicaId, count = Number.POSITIVE_INFINITY): void {
    const replica = this.replica(id);
    if (replica.disk.queued.length === 0) return;
    const released = replica.finishAppends(count).flatMap(({ then }) => then);
    this.#inFlight.push(...released);
    this.#observer?.released(id, released);
    this.drain(id);
  }

  apply(id: ReplicaId): void {
    const entries = this.replica(id).applyHanded(Number.POSITIVE_INFINITY);
    const last = entries[entries.length - 1];
    if (last === undefined) return;
    this.#observer?.applied(id, last.index);
    this.drain(id);
  }

  makeSnapshot(id: ReplicaId, fails = false): void {
    this.replica(id).makeSnapshot(fails);
    this.drain(id);
  }

  /** What it fetches has arrived, unless it is no longer where it was offered. */
  fetch(id: ReplicaId, fails = false): void {
    const { fetch } = this.replica(id);
    if (fetch === undefined) return;
    const source = this.replica(fetch.from);
    const file = fails || !source.up ? undefined : source.state.madeFile(fetch.snapshot);
    this.replica(id).fetched(file);
    this.drain(id);
  }

  install(id: ReplicaId): void {
    const replica = this.replica(id);
    replica.beginInstall();
    replica.finishInstall();
    this.#observer?.applied(id, replica.applied);
    this.drain(id);
  }

  /** One step of the way of a snapshot, if there is one to take. */
  #snapshotStep(id: ReplicaId): boolean {
    const replica = this.replica(id);
    if (this.slowSnapshots.has(id)) return false;
    if (replica.wanted.length > 0) this.makeSnapshot(id);
    else if (replica.fetch !== undefined) this.fetch(id);
    else if (replica.installDue) this.install(id);
    else return false;
    return true;
  }

  /** Until nothing happens any more: disks that are not slow, state machines, messages. */
  settle(): void {
    for (let pass = 0; pass < settlePassesMax; pass += 1) {
      let busy = false;
      for (const [id, replica] of this.replicas) {
        if (!replica.up) continue;
        if (replica.dirty) this.drain(id);
        if (!this.slowDisks.has(id) && replica.disk.queued.length > 0) {
          this.durable(id);
          busy = true;
        }
        if (replica.handed.length > 0) {
          this.apply(id);
          busy = true;
        }
      }
      for (const [id, replica] of this.replicas) {
        if (replica.up && this.#snapshotStep(id)) busy = true;
      }
      const delivered = this.deliver((message) => !this.held(message));
      if (!busy && delivered === 0) return;
    }
    throw new Error('the group does not come to rest');
  }

  campaign(id: ReplicaId): void {
    this.step(id, { kind: 'campaign' });
  }

  /** Makes a replica the leader, its empty entry committed everywhere it can be. */
  elect(id: ReplicaId): void {
    this.campaign(id);
    this.settle();
    if (this.status(id).role !== 'leader') throw new Error(`replica ${id} was not elected`);
  }

  /** Power is cut; of the queued appends `surviving` had reached the disk. */
  crash(id: ReplicaId, surviving = 0): void {
    const replica = this.replica(id);
    replica.crash({ surviving, applied: replica.appliedDurable });
  }

  restart(id: ReplicaId): void {
    this.replica(id).start();
    this.drain(id);
  }

  /** The log as index/term, what is not durable yet included. */
  log(id: ReplicaId): string {
    const core = this.core(id);
    const { firstIndex, lastIndex } = core.status;
    const entries: string[] = [];
    for (let index = firstIndex; index <= lastIndex; index += 1) {
      entries.push(`${index}/${core.termAt(index)}`);
    }
    return entries.join(' ');
  }
}

export function configurationOf(size: { voters: number; learners?: number }): Configuration {
  const member = (replica: ReplicaId): Member => ({ node: replica, replica });
  const voters = Array.from({ length: size.voters }, (_, i) => member(i + 1));
  const learners = Array.from({ length: size.learners ?? 0 }, (_, i) =>
    member(size.voters + i + 1),
  );
  const nextReplica = voters.length + learners.length + 1;
  return { voters, outgoing: [], learners, learnersNext: [], autoLeave: false, nextReplica };
}

export const from =
  (...ids: readonly ReplicaId[]): MessageFilter =>
  (message) =>
    ids.includes(message.from);

export const to =
  (...ids: readonly ReplicaId[]): MessageFilter =>
  (message) =>
    ids.includes(message.to);

/** Everything that crosses the border around these replicas. */
export const across =
  (...ids: readonly ReplicaId[]): MessageFilter =>
  (message) =>
    ids.includes(message.from) !== ids.includes(message.to);

export const ofType =
  (...types: readonly Message['type'][]): MessageFilter =>
  (message) =>
    types.includes(message.type);
