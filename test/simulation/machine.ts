/**
 * One node's machine: its disk, its clocks and whichever process runs on it. Processes come and
 * go; what the machine keeps between them is what a restart may rely on.
 */
import type { StoreAction } from '../../src/kv/store/store-faults.js';
import type { GroupId, NodeId } from '../../src/raft/core/types.js';
import { WalError } from '../../src/raft/wal/errors.js';
import type { DiskErrorFault, StoreErrorFault } from './faults.js';
import type { Death, NodeState, NodeView } from './observer.js';
import { MachineClock } from './process-clock.js';
import type { Random } from './random-streams.js';
import { type DiskFault, type DiskOperation, SimulatedDisk } from './simulated-disk.js';
import { SimulatedProcess } from './simulated-process.js';
import { StateFolder } from './state-folder.js';
import type { World } from './world.js';

/** Whoever stops in an orderly way and is not done by then is killed. */
const stopMsMax = 10_000;

export class Machine implements NodeView {
  readonly id: NodeId;
  readonly clock: MachineClock;
  readonly files: StateFolder;
  state: NodeState = 'down';
  process: SimulatedProcess | undefined;
  /** True once a peer may have met this node: its log must not be empty from then on. */
  metPeers = false;
  /** A fault has changed bytes at rest: the node may refuse to start, and is then lost. */
  damaged = false;
  readonly spoiled = new Set<GroupId>();
  syncMinMs: number;
  syncMaxMs: number;
  readonly #world: World;
  readonly #random: Random;
  readonly #diskErrors = new Map<DiskErrorFault, number>();
  readonly #storeErrors: StoreErrorFault[] = [];
  #disk: SimulatedDisk;
  #incarnation = 0;

  constructor(world: World, id: NodeId) {
    this.#world = world;
    this.id = id;
    this.clock = new MachineClock(world.time);
    this.#random = world.streams.stream(`machine/${id}`);
    this.files = new StateFolder(`${world.folder}/n${id}`, this.#random);
    this.#disk = new SimulatedDisk({ seed: this.#random.uint32() });
    this.syncMinMs = world.plan.disk.syncMinMs;
    this.syncMaxMs = world.plan.disk.syncMaxMs;
    this.#useDisk(this.#disk);
  }

  get disk(): SimulatedDisk {
    return this.#disk;
  }

  get monotonicMs(): number {
    return this.clock.monotonicMs();
  }

  get paused(): boolean {
    return this.process?.clock.paused ?? false;
  }

  /** How long the next sync takes. */
  syncMs(): number {
    return this.#random.within(this.syncMinMs, this.syncMaxMs);
  }

  start(): void {
    if (this.state !== 'down') return;
    this.files.removeOld();
    this.#incarnation += 1;
    const process = new SimulatedProcess(this.#world, this, this.#incarnation);
    this.process = process;
    this.state = 'starting';
    this.#world.event(this.id, `starts, process ${this.#incarnation}`);
    process.clock.enter(() => {
      process.kv.open().then(
        () => this.#started(process),
        (error: unknown) => this.#refusedToStart(process, error),
      );
    });
  }

  #started(process: SimulatedProcess): void {
    if (process.dead || this.state !== 'starting') return;
    this.state = 'running';
    this.metPeers = true;
    this.#world.event(this.id, 'serves');
    this.#world.hooks.started(process);
  }

  #refusedToStart(process: SimulatedProcess, error: unknown): void {
    if (process.dead) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#world.event(this.id, `does not start: ${reason.message}`);
    if (isDiskFailure(error)) {
      this.stoppedServing(reason);
    } else if (this.damaged) {
      this.lose();
    } else {
      this.#world.violated('R18', `node ${this.id} cannot start: ${reason.stack}`);
    }
  }

  /** Called by the process: its disk failed. Whoever runs the cluster restarts the machine. */
  stoppedServing(error: Error): void {
    const { process } = this;
    if (process === undefined || this.state === 'failed') return;
    this.state = 'failed';
    this.#world.event(this.id, `stops serving: ${error.message}`);
    this.#world.hooks.failed(process, error);
    if (!isDiskFailure(error) && !this.damaged) {
      this.#world.violated('R17', `node ${this.id} stops, and not for its disk: ${error.stack}`);
    }
    this.#world.time.after(this.#world.plan.cluster.repairMs, () => {
      if (this.process !== process || process.dead) return;
      // Not only the process: what the kernel could not write is still in its page cache.
      this.die('power-cut');
      this.start();
    });
  }

  die(death: Death): void {
    const { process } = this;
    if (process === undefined) return;
    process.kill();
    this.process = undefined;
    this.state = 'down';
    this.files.leave(death);
    if (death === 'power-cut') this.#useDisk(this.#disk.powerCut(this.#random.uint32()));
    process.bury();
    this.#world.event(this.id, death);
    this.#world.hooks.died(process, death);
  }

  /** Hands over and closes in the proper order; nothing is left undone. */
  stop(handOverMs: number, gone: () => void): void {
    const { process } = this;
    if (process === undefined || this.state !== 'running') return;
    this.#world.event(this.id, 'is asked to stop');
    const stopped = () => {
      if (process.dead) return;
      this.die('crash');
      gone();
    };
    process.clock.enter(() => {
      process.kv
        .handOver(handOverMs)
        .then(() => process.kv.close())
        .then(stopped, stopped);
    });
    this.#world.time.after(handOverMs + stopMsMax, stopped);
  }

  /** Its data are gone or damaged: it never comes back under this id. */
  lose(): void {
    if (this.state === 'lost') return;
    this.die('power-cut');
    this.state = 'lost';
    this.#world.event(this.id, 'is lost');
    this.#world.hooks.lost(this.id);
  }

  /** The process dies before the `step`th persistence step from now, if it lives that long. */
  dieAtStep(step: number, death: Death, died: () => void): void {
    const { process } = this;
    if (process === undefined) return;
    let left = step;
    process.onStep = (what) => {
      left -= 1;
      if (left > 0) return;
      process.onStep = undefined;
      this.#world.event(this.id, `dies before: ${what}`);
      this.die(death);
      died();
    };
  }

  addDiskError(fault: DiskErrorFault): void {
    this.#diskErrors.set(fault, fault.nth);
  }

  addStoreError(fault: StoreErrorFault): void {
    this.#storeErrors.push(fault);
  }

  /** Disk errors and full disks are over. */
  repairDisk(): void {
    this.#diskErrors.clear();
    this.#storeErrors.length = 0;
    this.#disk.capacityBytes = Number.POSITIVE_INFINITY;
  }

  /** Called by the process before the action. */
  storeFault(action: StoreAction): void {
    const at = this.#storeErrors.findIndex((fault) => fault.action === action);
    const [fault] = at === -1 ? [] : this.#storeErrors.splice(at, 1);
    if (fault === undefined) return;
    this.#world.covered(`store-error ${action}`);
    this.#world.event(this.id, `state: ${action} fails with ${fault.code}`);
    throw Object.assign(new Error(`${fault.code}: simulated`), { code: fault.code });
  }

  #tellFailed(operation: DiskOperation['kind']): void {
    const { process } = this;
    if (process === undefined || (operation !== 'write' && operation !== 'datasync')) return;
    this.#world.hooks.diskFailed(process, operation);
  }

  #useDisk(disk: SimulatedDisk): void {
    this.#disk = disk;
    disk.fault = (operation) => {
      const fault = this.#diskFault(operation);
      if (fault !== undefined) this.#tellFailed(operation.kind);
      return fault;
    };
  }

  /** Before an operation on files beside the log. Throws what the disk would have thrown. */
  failDisk(operation: Pick<DiskOperation, 'kind' | 'path'>): void {
    const code = this.#diskFault(operation);
    if (code !== undefined) throw Object.assign(new Error(`${code}: simulated`), { code });
  }

  #diskFault(operation: Pick<DiskOperation, 'kind' | 'path'>): DiskFault {
    for (const [fault, left] of this.#diskErrors) {
      if (fault.operation !== operation.kind) continue;
      this.#diskErrors.set(fault, left - 1);
      if (left > 1) continue;
      this.#diskErrors.delete(fault);
      this.#world.covered(`disk-error ${operation.kind}`);
      this.#world.event(this.id, `disk: ${operation.kind} of ${operation.path} fails`);
      return 'EIO';
    }
    return undefined;
  }
}

/** What an operator mends by restarting the machine. */
function isDiskFailure(error: unknown): boolean {
  if (error instanceof WalError) {
    return ['wal_write_failed', 'wal_read_failed', 'wal_full'].includes(error.code);
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes('simulated')) return true;
  }
  return false;
}
