/**
 * Makes the faults of a schedule happen, and ends them. Every kind has its function here; what was
 * begun is ended by the fault's own time or, at the end of the run, by `endAll`.
 */
import type { NodeId } from '../../src/raft/core/types.js';
import { flipBit } from './bit-flip.js';
import {
  type BitFlipFault,
  type CrashAtStepFault,
  type CrashFault,
  type Fault,
  type FullDiskFault,
  faultText,
  type GracefulRestartFault,
  type PartitionFault,
  type PauseFault,
  type RestartStormFault,
  type SlowDiskFault,
  type StateDamageFault,
  type WeatherFault,
  type WipeFault,
} from './faults.js';
import type { Machine } from './machine.js';
import { canLose, leaderOf } from './membership.js';
import { changeMembers } from './membership-operator.js';
import { damageState } from './state-damage.js';
import type { World } from './world.js';

export class FaultInjector {
  readonly #world: World;
  readonly #cuts: (readonly [NodeId, NodeId])[] = [];
  readonly #weather: WeatherFault[] = [];
  #over = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Sets all faults of the plan on their times. */
  start(): void {
    for (const fault of this.#world.plan.faults) {
      this.#world.time.after(fault.atMs, () => {
        if (!this.#over) this.#strike(fault);
      });
    }
  }

  /** Everything heals: the network, the disks, the clocks; whoever is down starts. */
  endAll(): void {
    const { network, plan, nodes } = this.#world;
    this.#over = true;
    this.#world.event(undefined, 'all faults end');
    this.#cuts.length = 0;
    network.healAll();
    network.setFaults({ ...plan.network, lossRate: 0, duplicateRate: 0, reorderRate: 0 });
    for (const machine of nodes) {
      machine.repairDisk();
      machine.syncMinMs = plan.disk.syncMinMs;
      machine.syncMaxMs = plan.disk.syncMaxMs;
      machine.clock.setRate(1);
      const { process } = machine;
      if (process !== undefined) process.onStep = undefined;
      if (machine.paused) process?.clock.resume();
      machine.start();
    }
  }

  #strike(fault: Fault): void {
    this.#world.event(undefined, `FAULT ${faultText(fault)}`);
    const { kind } = fault;
    this.#world.covered(`fault ${kind === 'partition' ? `partition ${fault.shape}` : kind}`);
    switch (kind) {
      case 'crash':
        return this.#crash(fault);
      case 'crash-at-step':
        return this.#crashAtStep(fault);
      case 'restart-storm':
        return this.#restartStorm(fault);
      case 'graceful-restart':
        return this.#gracefulRestart(fault);
      case 'pause':
        return this.#pause(fault);
      case 'partition':
        return this.#partition(fault);
      case 'weather':
        return this.#changeWeather(fault);
      case 'reset':
        return this.#world.network.disconnect(...fault.nodes);
      case 'slow-disk':
        return this.#slowDisk(fault);
      case 'disk-error':
        return this.#machine(fault.node).addDiskError(fault);
      case 'full-disk':
        return this.#fullDisk(fault);
      case 'bit-flip':
        return this.#bitFlip(fault);
      case 'wipe':
        return this.#wipe(fault);
      case 'store-error':
        return this.#machine(fault.node).addStoreError(fault);
      case 'clock-jump':
        this.#machine(fault.node).clock.wallOffsetMs += fault.byMs;
        return;
      case 'clock-rate':
        this.#machine(fault.node).clock.setRate(fault.rate);
        return this.#end(fault.forMs, () => this.#machine(fault.node).clock.setRate(1));
      case 'transfer':
        return this.#transfer(fault.shard, fault.to);
      case 'campaign':
        return this.#machine(fault.node).process?.clock.enter(() =>
          this.#machine(fault.node).process?.kv.host.campaign(fault.shard),
        );
      case 'membership':
        return changeMembers(this.#world, fault);
      case 'state-damage':
        return this.#stateDamage(fault);
    }
  }

  #machine(id: NodeId): Machine {
    return this.#world.node(id);
  }

  /** Unless all has ended by then. */
  #end(forMs: number, end: () => void): void {
    this.#world.time.after(forMs, () => {
      if (!this.#over) end();
    });
  }

  #crash({ nodes, death, forMs }: CrashFault): void {
    for (const node of nodes) this.#machine(node).die(death);
    this.#end(forMs, () => {
      for (const node of nodes) this.#machine(node).start();
    });
  }

  #crashAtStep({ node, step, death, forMs }: CrashAtStepFault): void {
    const machine = this.#machine(node);
    machine.dieAtStep(step, death, () => {
      this.#world.covered('died at a step');
      this.#end(forMs, () => machine.start());
    });
  }

  #restartStorm({ nodes, everyMs, forMs, death }: RestartStormFault): void {
    const endMs = this.#world.nowMs + forMs;
    const strike = () => {
      for (const node of nodes) {
        this.#machine(node).die(death);
        this.#machine(node).start();
      }
      if (this.#world.nowMs + everyMs < endMs) this.#end(everyMs, strike);
    };
    strike();
  }

  #gracefulRestart({ node, handOverMs, forMs }: GracefulRestartFault): void {
    const machine = this.#machine(node);
    machine.stop(handOverMs, () => {
      // It may take longer than the faults go on.
      if (this.#over) machine.start();
      else this.#end(forMs, () => machine.start());
    });
  }

  #pause({ node, forMs, suspended }: PauseFault): void {
    const machine = this.#machine(node);
    const { process } = machine;
    if (process === undefined || process.clock.paused) return;
    process.clock.pause();
    if (suspended) machine.clock.setRate(0);
    this.#end(forMs, () => {
      if (suspended) machine.clock.setRate(1);
      if (process.clock.paused) process.clock.resume();
      this.#world.event(node, 'goes on after the pause');
    });
  }

  #partition({ cuts, isolateLeaderOf, forMs }: PartitionFault): void {
    const all = [...cuts];
    const leader =
      isolateLeaderOf === undefined
        ? undefined
        : leaderOf(this.#world, isolateLeaderOf)?.machine.id;
    for (const id of leader === undefined ? [] : this.#world.ids) {
      if (leader !== undefined && id !== leader) all.push([leader, id], [id, leader]);
    }
    for (const [from, to] of all) this.#world.network.cut(from, to);
    this.#cuts.push(...all);
    this.#end(forMs, () => {
      for (const cut of all) this.#cuts.splice(this.#cuts.indexOf(cut), 1);
      for (const [from, to] of all) {
        // Another partition may still need it.
        if (!this.#cuts.some((cut) => cut[0] === from && cut[1] === to)) {
          this.#world.network.heal(from, to);
        }
      }
      this.#world.event(undefined, 'a partition heals');
    });
  }

  #changeWeather(fault: WeatherFault): void {
    const { network, plan } = this.#world;
    this.#weather.push(fault);
    network.setFaults(fault);
    this.#end(fault.forMs, () => {
      this.#weather.splice(this.#weather.indexOf(fault), 1);
      network.setFaults(this.#weather.at(-1) ?? plan.network);
    });
  }

  #slowDisk({ node, syncMinMs, syncMaxMs, forMs }: SlowDiskFault): void {
    const machine = this.#machine(node);
    const { disk } = this.#world.plan;
    Object.assign(machine, { syncMinMs, syncMaxMs });
    this.#end(forMs, () => Object.assign(machine, disk));
  }

  #fullDisk({ node, freeBytes, forMs }: FullDiskFault): void {
    const { disk } = this.#machine(node);
    disk.capacityBytes = disk.usedBytes + freeBytes;
    this.#end(forMs, () => {
      this.#machine(node).disk.capacityBytes = Number.POSITIVE_INFINITY;
    });
  }

  #bitFlip(fault: BitFlipFault): void {
    const machine = this.#machine(fault.node);
    if (!canLose(this.#world, fault.node)) return;
    machine.die('crash');
    machine.damaged = true;
    flipBit(machine.disk, fault).then(
      (where) => this.#world.event(fault.node, `a bit flips in ${where}`),
      (error: Error) => this.#world.violated('SIM', `no bit could be flipped: ${error.stack}`),
    );
    this.#end(fault.forMs, () => machine.start());
  }

  #stateDamage({ node, shard, pick, forMs }: StateDamageFault): void {
    const machine = this.#machine(node);
    const described = this.#world.map.shard(shard);
    if (described === undefined || !canLose(this.#world, node)) return;
    machine.die('crash');
    if (damageState(machine.files.file, described, pick)) {
      machine.spoiled.add(shard);
      this.#world.covered('a state was damaged');
      this.#world.event(node, `the state of shard ${shard} is damaged`);
    }
    this.#end(forMs, () => machine.start());
  }

  #wipe({ node }: WipeFault): void {
    if (!canLose(this.#world, node)) return;
    this.#machine(node).damaged = true;
    this.#machine(node).lose();
  }

  #transfer(shard: number, to: NodeId): void {
    const leading = leaderOf(this.#world, shard);
    const { voters = [] } = leading?.group.raft.status.configuration ?? {};
    const member = voters.find(({ node }) => node === to);
    if (leading === undefined || member === undefined) return;
    const { process } = leading;
    process.clock.enter(() => process.kv.host.transfer(shard, member.replica));
  }
}
