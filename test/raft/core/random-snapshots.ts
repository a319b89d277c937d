/**
 * What happens to snapshots in a random run, and what must hold of them: they are made of
 * whatever is applied, thrown away, fetched, lost on the way, repeated, installed in two halves
 * with crashes between. Now and then a state is found damaged.
 */
import type { Effects, Index, ReplicaId } from '../../../src/raft/core/types.js';
import { must } from './broken-promise.js';
import type { SeededRandom } from './seeded-random.js';
import type { SimulatedReplica } from './simulated-replica.js';

export interface SnapshotWorld {
  readonly random: SeededRandom;
  readonly up: readonly SimulatedReplica[];
  readonly replicas: ReadonlyMap<number, SimulatedReplica>;
  note(line: string): void;
  count(what: string): void;
  /** A replica was given something. */
  stepped(replica: SimulatedReplica): void;
}

export class RandomSnapshots {
  readonly #world: SnapshotWorld;
  readonly #asleep = new Set<ReplicaId>();
  /** What the state is at each index, by whoever applied it first. */
  readonly #digests = new Map<Index, string>();

  constructor(world: SnapshotWorld) {
    this.#world = world;
  }

  /** One step of one snapshot's way. */
  anyStep(replica: SimulatedReplica): void {
    const { random } = this.#world;
    const steps = [this.#make, this.#fetch, this.#install, this.#install, this.#discard];
    random.pick(steps).call(this, replica);
  }

  #make(replica: SimulatedReplica): void {
    if (replica.wanted.length === 0) return;
    replica.makeSnapshot(this.#world.random.chance(0.2));
    this.#did(replica, 'makeSnapshot');
  }

  #fetch(replica: SimulatedReplica): void {
    const { fetch } = replica;
    if (fetch === undefined) return;
    const { random, replicas } = this.#world;
    // The host gives up what the core has given up, though it may be too late to.
    const given = replica.core.status.fetching !== fetch.snapshot && random.chance(0.8);
    if (given) {
      replica.fetch = undefined;
      return;
    }
    const source = replicas.get(fetch.from);
    const lost = random.chance(0.3) || source?.up !== true;
    this.#receive(replica, () =>
      replica.fetched(lost ? undefined : source.state.madeFile(fetch.snapshot)),
    );
  }

  /** What the log held of committed entries behind the snapshot it holds afterwards (D1). */
  #receive(replica: SimulatedReplica, receive: () => void): void {
    const { core } = replica;
    const snapshot = replica.fetch?.snapshot;
    const held = snapshot !== undefined && core.termAt(snapshot.index) === snapshot.term;
    const { lastIndex } = core.status;
    const terms = Array.from({ length: lastIndex + 1 }, (_, index) => core.termAt(index));
    receive();
    if (held) {
      must(core.status.lastIndex === lastIndex, `${replica.id} forgets what stands behind it`);
      for (let index = core.status.firstIndex; index <= lastIndex; index += 1) {
        must(core.termAt(index) === terms[index], `${replica.id} forgets ${index}`);
      }
    }
    this.#did(replica, core.status.installing ? 'snapshotReceived' : 'snapshotUnused');
  }

  #install(replica: SimulatedReplica): void {
    if (!replica.installDue) return;
    if (!replica.state.half) {
      replica.beginInstall();
      this.#did(replica, 'beginInstall');
      return;
    }
    this.finish(replica);
  }

  finish(replica: SimulatedReplica): void {
    replica.finishInstall();
    this.#did(replica, 'finishInstall');
    this.applied(replica);
  }

  #discard(replica: SimulatedReplica): void {
    if (this.#world.random.chance(0.2)) replica.state.discardMade();
  }

  /** Only ever a minority: what a majority has lost nobody can give back. */
  damage(replica: SimulatedReplica): void {
    if (replica.state.half || replica.core.installing) return;
    const { voters } = replica.core.membership;
    const whole = voters.filter((id) => this.#world.replicas.get(id)?.state.damaged === false);
    if (2 * (whole.length - 1) <= voters.length) return;
    replica.damage();
    this.#did(replica, 'damage');
  }

  #did(replica: SimulatedReplica, what: string): void {
    this.#world.note(`${replica.id}: ${what}`);
    this.#world.count(what);
    this.#world.stepped(replica);
  }

  /** Everything that a healthy host would do at once. */
  settle(replica: SimulatedReplica): void {
    while (replica.wanted.length > 0) {
      replica.makeSnapshot();
      this.#did(replica, 'makeSnapshot');
    }
    const { fetch } = replica;
    if (fetch !== undefined) {
      const file = this.#world.replicas.get(fetch.from)?.state.madeFile(fetch.snapshot);
      this.#receive(replica, () => replica.fetched(file));
    }
    if (!replica.installDue) return;
    replica.beginInstall();
    this.finish(replica);
  }

  // What must hold ------------------------------------------------------------------------

  /** Every replica is at the same state at the same index, however it came there (R5, R15). */
  applied({ id, state }: SimulatedReplica): void {
    if (state.half || state.damaged) return;
    const known = this.#digests.get(state.applied) ?? state.digest;
    must(known === state.digest, `the state of ${id} at ${state.applied} is not the others'`);
    this.#digests.set(state.applied, known);
  }

  drained({ id, core, state, disk }: SimulatedReplica, effects: Effects): void {
    const replaced = state.half || state.damaged || state.applied < disk.mark.index;
    if (!replaced) return;
    must(effects.apply.length === 0, `${id} is given entries for a state that is replaced`);
    must(effects.reads.length === 0, `${id} may serve a read from a state that is replaced`);
    const { role, transferring } = core.status;
    const leaves = state.damaged && role === 'leader' && transferring;
    must(role === 'follower' || leaves, `${id} is ${role} and has no state`);
    must(effects.role?.role !== 'leader', `${id} is elected without a state`);
  }

  /** A quiet leader speaks for everybody: all of them hold all of it. */
  quiet({ id, core }: SimulatedReplica): void {
    const { quiet, role, lastIndex, commit, applied } = core.status;
    if (!quiet || role !== 'leader') return void this.#asleep.delete(id);
    if (!this.#asleep.has(id)) this.#world.count('quiet');
    this.#asleep.add(id);
    must(commit === lastIndex && applied === lastIndex, `${id} sleeps and is not done`);
    const term = core.termAt(lastIndex) ?? 0;
    for (const other of this.#world.replicas.values()) {
      if (!core.membership.has(other.id)) continue;
      must(other.disk.holds(lastIndex, term), `${id} sleeps, ${other.id} is behind`);
    }
  }
}
