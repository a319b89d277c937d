/**
 * A group under random weather: messages are lost, repeated, reordered and delayed across
 * restarts, disks are slow, power fails, links are cut, and clients want everything at once.
 * After every event the invariants are checked; at the end all faults stop and the group must
 * become whole again. One seed is one run.
 */
import type { RaftTiming } from '../../../src/raft/core/options.js';
import type { Configuration, Input, Message, ReplicaId } from '../../../src/raft/core/types.js';
import { ClusterInvariants } from './cluster-invariants.js';
import { goodWeather } from './random-cluster-healing.js';
import { RandomMembers, uninitialised } from './random-members.js';
import { RandomNetwork } from './random-network.js';
import { RandomSnapshots } from './random-snapshots.js';
import { effectsLine, messageLine } from './random-trace.js';
import { SeededRandom } from './seeded-random.js';
import { SimulatedReplica } from './simulated-replica.js';
import { randomWeather, type Weather } from './weather.js';

const usurpTicks = 8;
const usurpEvents = 150;
const traceLinesKept = 60;

export const randomTiming: RaftTiming = {
  heartbeatTicks: 1,
  electionTicksMin: 5,
  electionTicksMax: 10,
  quietAfterTicks: 0,
};

export class RandomCluster {
  readonly replicas = new Map<ReplicaId, SimulatedReplica>();
  readonly invariants: ClusterInvariants;
  readonly weather: Weather;
  readonly random: SeededRandom;
  readonly snapshots: RandomSnapshots;
  readonly members: RandomMembers;
  readonly counts: Record<string, number> = {};
  readonly trace: string[] = [];
  events = 0;
  readonly #network: RandomNetwork;
  readonly slowToApply = new Set<ReplicaId>();
  readonly #paused = new Set<ReplicaId>();
  #usurping = false;
  #nextId = 1;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.weather = randomWeather(this.random);
    this.#network = new RandomNetwork(this.random, this.weather);
    const { voters, learners } = this.weather;
    const member = (replica: ReplicaId) => ({ node: replica, replica });
    const ids = Array.from({ length: voters }, (_, i) => i + 1);
    const learnerIds = Array.from({ length: learners }, (_, i) => voters + i + 1);
    const configuration: Configuration = {
      voters: ids.map(member),
      outgoing: [],
      learners: learnerIds.map(member),
      learnersNext: [],
      autoLeave: false,
      nextReplica: voters + learners + 1,
    };
    this.invariants = new ClusterInvariants(configuration, this.replicas);
    this.snapshots = new RandomSnapshots(this);
    this.members = new RandomMembers(this);
    for (const id of [...ids, ...learnerIds]) this.create(id, configuration);
  }

  create(id: ReplicaId, configuration: Configuration = uninitialised): SimulatedReplica {
    const { limits, quietAfterTicks } = this.weather;
    const timing = { ...randomTiming, quietAfterTicks };
    const replica = new SimulatedReplica({
      id,
      configuration,
      timing,
      limits,
      random: this.random.next,
    });
    this.replicas.set(id, replica);
    return replica;
  }

  get up(): SimulatedReplica[] {
    return [...this.replicas.values()].filter((replica) => replica.up);
  }

  /** Crashed, and to come back. */
  get down(): SimulatedReplica[] {
    const gone = (id: ReplicaId) => this.members.isGone(id);
    return [...this.replicas.values()].filter((replica) => !replica.up && !gone(replica.id));
  }

  note(line: string): void {
    this.trace.push(line);
    if (this.trace.length > traceLinesKept) this.trace.shift();
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  anyEvent(): void {
    const { weights } = this.weather;
    let total = 0;
    for (const weight of Object.values(weights)) total += weight;
    let at = this.random.next() * total;
    for (const [name, weight] of Object.entries(weights)) {
      at -= weight;
      if (at >= 0) continue;
      this.#event(name as keyof Weather['weights']);
      return;
    }
  }

  someEvents(count: number): void {
    for (let i = 0; i < count; i += 1) this.anyEvent();
  }

  calm(ticks: number): void {
    goodWeather(this, ticks);
  }

  #event(name: keyof Weather['weights']): void {
    this.events += 1;
    if (name === 'deliver') return this.#deliverOne();
    if (name === 'cut') return this.#cutSomething();
    if (name === 'cutLeader') return this.#cutLeader();
    if (name === 'usurp') return this.#usurp();
    if (name === 'lull') return this.#lull();
    if (name === 'exchange') return this.members.exchange();
    if (name === 'heal') return this.#network.heal();
    if (name === 'restart') return this.#restartOne();
    if (name === 'resume') return this.#paused.clear();
    const up = this.up.filter((replica) => !this.#paused.has(replica.id));
    if (up.length === 0) return;
    const replica = this.#whoGets(name, up);
    if (name === 'drain') return this.drain(replica);
    if (name === 'disk') return this.finish(replica, this.random.between(1, 2));
    if (name === 'apply') return this.apply(replica, this.random.between(1, 4));
    if (name === 'crash') return this.#crash(replica);
    if (name === 'compact') return this.#compact(replica);
    if (name === 'snapshot') return this.snapshots.anyStep(replica);
    if (name === 'churn') return this.members.change(replica);
    if (name === 'damage') return this.snapshots.damage(replica);
    if (name === 'pause') return this.#pause(replica);
    this.#request(replica, name);
    if (this.random.chance(this.weather.drainChance)) this.drain(replica);
  }

  /** Requests go to whoever believes to lead, mostly: to more than one, in bad times. */
  #whoGets(name: keyof Weather['weights'], up: readonly SimulatedReplica[]): SimulatedReplica {
    const forLeaders = ['propose', 'read', 'transfer', 'pause', 'churn'].includes(name);
    const leaders = up.filter((replica) => replica.core.status.role === 'leader');
    const wrong = this.random.chance(name === 'churn' ? 0.05 : 0.3);
    if (!forLeaders || leaders.length === 0 || wrong) return this.random.pick(up);
    return this.random.pick(leaders);
  }

  #request(replica: SimulatedReplica, name: keyof Weather['weights']): void {
    const { random } = this;
    const anybody = () => random.pick([...this.replicas.keys()]);
    if (name === 'tick') return this.#tick(replica);
    if (name === 'campaign') return this.step(replica, { kind: 'campaign' });
    if (name === 'transfer') return this.step(replica, { kind: 'transfer', to: anybody() });
    if (name === 'unreachable') {
      return this.step(replica, { kind: 'unreachable', replica: anybody() });
    }
    if (name === 'read') return this.read(replica);
    if (name === 'propose') return this.propose(replica, random.between(1, 3));
  }

  #tick(replica: SimulatedReplica): void {
    const rate = this.weather.clockRates[replica.id - 1] ?? 1;
    if (this.random.chance(rate)) this.step(replica, { kind: 'tick' });
  }

  #pause(replica: SimulatedReplica): void {
    this.note(`${replica.id} stands still`);
    this.count('pause');
    this.#paused.add(replica.id);
  }

  step(replica: SimulatedReplica, input: Parameters<SimulatedReplica['step']>[0]): void {
    this.count(input.kind);
    if (input.kind !== 'message') this.note(`${replica.id}: ${JSON.stringify(input)}`);
    replica.step(input);
    this.stepped(replica);
  }

  stepped(replica: SimulatedReplica): void {
    this.invariants.stepped(replica);
    this.snapshots.quiet(replica);
    this.members.destroyIfRemoved(replica);
  }

  destroyed(replica: SimulatedReplica): void {
    replica.crash({ surviving: 0, applied: replica.appliedDurable });
    this.invariants.crashed(replica.id);
  }

  changeMembership(
    replica: SimulatedReplica,
    change: Omit<Extract<Input, { kind: 'change-membership' }>, 'kind' | 'id'>,
  ): void {
    const id = this.#nextId++;
    this.members.asked(id, change.steps);
    this.step(replica, { kind: 'change-membership', id, ...change });
  }

  /** The hosts of both notice that their connection is gone, and wake their groups. */
  #lostSight(a: ReplicaId, b: ReplicaId): void {
    for (const [id, replica] of [
      [a, b],
      [b, a],
    ] as const) {
      const here = this.replicas.get(id);
      if (here?.up === true) this.step(here, { kind: 'unreachable', replica });
    }
  }

  read(replica: SimulatedReplica): void {
    const id = this.#nextId++;
    this.invariants.asking(id, replica.id);
    this.step(replica, { kind: 'read', id });
  }

  propose(replica: SimulatedReplica, count: number): void {
    const proposals = Array.from({ length: count }, () => {
      const id = this.#nextId++;
      const data = new Uint8Array(this.random.between(1, 12));
      this.invariants.proposing(id, data);
      return { id, data };
    });
    this.step(replica, { kind: 'propose', proposals });
  }

  drain(replica: SimulatedReplica): void {
    if (!replica.up) return;
    const effects = replica.drain();
    if (effects === undefined) return;
    this.note(`${replica.id}: drain ${effectsLine(effects)}`);
    this.count('drain');
    if (effects.reads.length > 0) this.count('readGranted');
    if (effects.role?.role === 'leader') this.count('elected');
    if (effects.apply.length > 0) this.count('apply');
    this.invariants.drained(replica, effects);
    for (const { id } of effects.proposed) this.members.answered(id, 'proposed');
    for (const { id, reason } of effects.refused) this.members.answered(id, reason);
    this.snapshots.drained(replica, effects);
    this.#post(effects.send);
  }

  #post(messages: readonly Message[]): void {
    for (const message of messages) this.invariants.leaving(message);
    this.#network.send(messages);
  }

  finish(replica: SimulatedReplica, count: number): void {
    for (const append of replica.disk.queued.slice(0, count)) {
      this.invariants.writing(replica, append);
      for (const { then } of replica.finishAppends(1)) this.#post(then);
      this.note(`${replica.id}: durable ${append.token}`);
      this.invariants.stepped(replica);
    }
  }

  apply(replica: SimulatedReplica, count: number): void {
    if (this.slowToApply.has(replica.id) || replica.applyHanded(count).length === 0) return;
    this.snapshots.applied(replica);
    this.stepped(replica);
  }

  #deliverOne(): void {
    const message = this.#network.next(this.#paused);
    if (message !== undefined) this.#deliver(message);
  }

  #deliver(message: Message): void {
    const replica = this.members.receiver(message);
    if (replica === undefined || this.members.isGone(replica.id)) return;
    if (!replica.up) return this.#network.keep(message);
    this.note(`${message.to} receives ${messageLine(message)}`);
    this.count(message.type);
    this.step(replica, { kind: 'message', message });
    if (this.random.chance(this.weather.drainChance)) this.drain(replica);
  }

  deliverAll(): void {
    for (const message of this.#network.takeAll()) this.#deliver(message);
  }

  #cutSomething(): void {
    const ids = [...this.replicas.keys()];
    this.note('links are cut');
    this.count('cut');
    if (this.random.chance(0.3)) {
      this.#network.cut(this.random.pick(ids), this.random.pick(ids));
      return;
    }
    this.#cutBetween(new Set(ids.filter(() => this.random.chance(0.5))));
  }

  #cutLeader(): void {
    const leaders = this.up.filter((replica) => replica.core.status.role === 'leader');
    if (leaders.length === 0) return;
    const side = new Set([this.random.pick(leaders).id]);
    for (const id of this.replicas.keys()) if (this.random.chance(0.2)) side.add(id);
    this.note(`${[...side]} are cut off`);
    this.count('cutLeader');
    this.#cutBetween(side);
  }

  #usurp(): void {
    const old = this.up.find((replica) => replica.core.status.role === 'leader');
    if (old === undefined || this.#usurping) return;
    this.#usurping = true;
    this.note(`${old.id} is cut off and does not know it`);
    this.count('usurp');
    this.#cutBetween(new Set([old.id]));
    this.#paused.add(old.id);
    for (const replica of this.up) if (replica !== old) this.wait(replica, usurpTicks);
    this.someEvents(usurpEvents);
    this.#paused.delete(old.id);
    if (old.up) {
      this.read(old);
      this.drain(old);
      this.#network.reconnect(old.id);
    }
    this.#usurping = false;
  }

  #cutBetween(side: ReadonlySet<ReplicaId>): void {
    for (const a of this.replicas.keys()) {
      for (const b of this.replicas.keys()) {
        if (side.has(a) === side.has(b)) continue;
        this.#network.cut(a, b);
        this.#lostSight(a, b);
      }
    }
  }

  #lull(): void {
    const ticks = this.random.between(1, randomTiming.electionTicksMax);
    for (const replica of this.up) {
      if (this.random.chance(0.5) && !this.#paused.has(replica.id)) this.wait(replica, ticks);
    }
  }

  wait(replica: SimulatedReplica, ticks: number): void {
    for (let i = 0; i < ticks; i += 1) this.step(replica, { kind: 'tick' });
    this.drain(replica);
  }

  #crash(replica: SimulatedReplica): void {
    const surviving = this.random.between(0, replica.disk.queued.length);
    for (const append of replica.disk.queued.slice(0, surviving)) {
      this.invariants.writing(replica, append);
      replica.disk.finish(1);
    }
    const applied = this.random.between(replica.appliedDurable, replica.applied);
    this.note(`${replica.id} crashes, ${surviving} more appends durable, applied ${applied}`);
    this.count('crash');
    replica.crash({ surviving: 0, applied });
    this.invariants.crashed(replica.id);
    for (const other of this.up) this.step(other, { kind: 'unreachable', replica: replica.id });
  }

  #restartOne(): void {
    const { down } = this;
    if (down.length > 0) this.restart(this.random.pick(down));
  }

  restart(replica: SimulatedReplica): void {
    this.note(`${replica.id} starts`);
    replica.start();
    if (this.random.chance(0.5)) this.#network.reconnect(replica.id);
    this.invariants.stepped(replica);
  }

  #compact(replica: SimulatedReplica): void {
    if (replica.core.installing) return;
    const index = this.random.between(replica.disk.mark.index, replica.applied);
    if (index === replica.disk.mark.index) return;
    this.note(`${replica.id} compacts up to ${index}`);
    this.count('compact');
    replica.compact(index);
    this.invariants.stepped(replica);
  }

  allLinksWork(): void {
    this.#network.heal();
    this.#paused.clear();
    this.slowToApply.clear();
  }
}
