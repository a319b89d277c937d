/**
 * One process of a node: the real KvNode on the simulated disk, network and time, with SQLite on
 * real files. Everything that leaves it or becomes durable passes through here, so that it can be
 * watched, and so that the process can die between any two persistence steps.
 */
import { KvNode } from '../../src/kv/node.js';
import type { NodeLogger } from '../../src/kv/node-parts.js';
import { hashOf } from '../../src/kv/shard/hash.js';
import { placeBy } from '../../src/kv/store/document-place.js';
import { SqliteStore } from '../../src/kv/store/sqlite-store.js';
import type { StoreAction } from '../../src/kv/store/store-faults.js';
import type { ShardState } from '../../src/kv/store/types.js';
import type { GroupId, NodeId } from '../../src/raft/core/types.js';
import type { Group } from '../../src/raft/group.js';
import type { GroupMessage, TransportHandler } from '../../src/raft/transport/types.js';
import type { Wal, WalBatch } from '../../src/raft/wal/types.js';
import { createWal } from '../../src/raft/wal/wal.js';
import { BurialClock } from './burial-clock.js';
import type { Machine } from './machine.js';
import type { MemoryTransport } from './memory-transport.js';
import { messagesText } from './message-text.js';
import type { ProcessView, StateRow } from './observer.js';
import { ProcessClock } from './process-clock.js';
import type { Random } from './random-streams.js';
import { SimulatedCheckpointWorker } from './simulated-checkpoint-worker.js';
import type { DiskOperationKind } from './simulated-disk.js';
import { SimulatedSnapshotWorker } from './simulated-snapshot-worker.js';
import { SnapshotDisk } from './snapshot-disk.js';
import { stateHash, stateRows } from './state-reader.js';
import type { World } from './world.js';

/** Thrown into code whose process has died under it; whoever catches it is dead as well. */
class ProcessDied extends Error {
  override readonly name = 'ProcessDied';
}

export class SimulatedProcess implements ProcessView {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly kv: KvNode;
  readonly wal: Wal;
  readonly clock: ProcessClock;
  readonly transport: MemoryTransport;
  readonly #world: World;
  readonly #machine: Machine;
  readonly #store: SqliteStore;
  readonly #worker: SimulatedCheckpointWorker;
  readonly #snapshotWorker: SimulatedSnapshotWorker;
  readonly #storeClock: BurialClock;
  /** File operations under way, to be failed when the process dies. */
  readonly #operations = new Set<(error: Error) => void>();
  readonly #random: Random;
  /** Called before every persistence step. */
  onStep: ((what: string) => void) | undefined;

  constructor(world: World, machine: Machine, incarnation: number) {
    const { plan, time, streams } = world;
    this.#world = world;
    this.#machine = machine;
    this.node = machine.id;
    this.incarnation = incarnation;
    this.#random = streams.stream(`process/${this.node}/${incarnation}`);
    this.clock = new ProcessClock({
      time,
      machine: machine.clock,
      node: this.node,
      turnMs: plan.cluster.turnMs,
    });
    const enter = (run: () => void) => this.clock.enter(run);
    machine.disk.schedule = (operation, run) => this.#scheduleDisk(operation, run);
    this.wal = this.#buildLog();
    this.#worker = new SimulatedCheckpointWorker({
      folder: machine.files,
      later: (run) => this.clock.afterTrue(machine.syncMs(), run),
      step: (what) => this.#step(what),
    });
    const workMs = () => 10 * machine.syncMs();
    this.#snapshotWorker = new SimulatedSnapshotWorker((run) =>
      this.clock.afterTrue(workMs(), run),
    );
    this.#storeClock = new BurialClock(this.clock);
    this.#store = this.#buildStore();
    const info = { node: this.node, httpAddress: `http:${this.node}`, version: 'simulated' };
    const others = world.ids.filter((id) => id !== this.node);
    this.transport = world.network.transport(info, others, { clock: this.clock, enter });
    this.#watchTransport();
    this.kv = this.#buildNode();
  }

  #buildLog(): Wal {
    const { cluster } = this.#world.plan;
    const random = this.#random;
    const wal = createWal({
      dir: '',
      clock: this.clock,
      segmentBytes: cluster.segmentBytes,
      logBytesMax: cluster.logBytesMax,
      fileSystem: this.#machine.disk,
      randomUint32: () => random.uint32(),
      onWarning: (warning) => this.#world.log(this.node, 'warn', warning, 'log'),
      onFailure: (error) => this.kv.stopServing(error),
    });
    const { hooks, trace } = this.#world;
    const write = wal.write.bind(wal);
    const open = wal.open.bind(wal);
    wal.open = async () => {
      const recovered = await open();
      hooks.recovered(this, recovered);
      return recovered;
    };
    wal.write = (batch: WalBatch) => {
      if (this.dead) return new Promise(() => {});
      hooks.appendWritten(this, batch);
      trace.line(this.node, () => `log writes ${batchText(batch)}`);
      return write(batch).then(() => {
        hooks.appendDurable(this, batch);
        trace.line(this.node, () => 'log is durable');
      });
    };
    return wal;
  }

  #buildStore(): SqliteStore {
    const { hooks, plan, trace } = this.#world;
    const store = new SqliteStore({
      dir: this.#machine.files.path,
      hash: placeBy(hashOf),
      cluster: 'simulated',
      clock: this.#storeClock,
      worker: this.#worker,
      snapshotWorker: this.#snapshotWorker,
      freeBytes: async () => Number.POSITIVE_INFINITY,
      files: new SnapshotDisk(this.#machine.files.snapshots, this.#operate),
      limits: plan.cluster.checkpoint,
      faults: { before: (action) => this.#beforeStoreAction(action) },
      logger: this.#logger(),
    });
    const { boundaries } = this.#machine.files;
    const apply = store.apply.bind(store);
    const createShards = store.createShards.bind(store);
    store.apply = (work) => {
      const results = apply(work);
      for (const [i, { group, entries }] of work.entries()) {
        hooks.applied(this, group, entries, results[i] ?? []);
        const last = entries.at(-1);
        trace.note(group, last?.index ?? 0, last?.term ?? 0);
        trace.line(this.node, () => `applied g${group} ${entries[0]?.index}-${last?.index}`);
      }
      // Observers know of it by now: what a process did in its last moment is true of the next one.
      this.#step('after COMMIT');
      return results;
    };
    store.createShards = (births) => {
      createShards(births);
      boundaries.allDurable(this.#worker.position());
    };
    return store;
  }

  #watchTransport(): void {
    const { transport } = this;
    const { hooks, trace } = this.#world;
    const send = transport.send.bind(transport);
    const open = transport.open.bind(transport);
    transport.send = (to: NodeId, messages: readonly GroupMessage[]) => {
      if (this.dead) return;
      hooks.sent(this, to, messages);
      trace.line(this.node, () => `>n${to} ${messagesText(messages)}`);
      send(to, messages);
    };
    transport.open = (handler: TransportHandler) =>
      open({
        ...handler,
        onMessages: (from, messages) => {
          hooks.received(this, from, messages);
          trace.line(this.node, () => `<n${from} ${messagesText(messages)}`);
          handler.onMessages(from, messages);
        },
      });
  }

  #buildNode(): KvNode {
    const { plan, map, configuration } = this.#world;
    return new KvNode({
      node: this.node,
      cluster: 'simulated',
      version: 'simulated',
      configuration,
      map,
      httpAddress: `http:${this.node}`,
      peerAddress: `peer:${this.node}`,
      wal: this.wal,
      store: this.#store,
      transport: this.transport,
      clock: this.clock,
      random: this.#random.next,
      logger: this.#logger(),
      tuning: plan.cluster.tuning,
      metPeers: this.#machine.metPeers,
      walPath: `disk of node ${this.node}`,
      onFailure: (error) => {
        if (!this.dead) this.#machine.stoppedServing(error);
      },
    });
  }

  /** The dead write no log. */
  #logger(): NodeLogger {
    const log = (level: string) => (fields: object, message: string) => {
      if (!this.dead) this.#world.log(this.node, level, fields, message);
    };
    return { debug: () => {}, info: log('info'), warn: log('warn'), error: log('error') };
  }

  get dead(): boolean {
    return this.clock.dead;
  }

  groups(): Iterable<Group> {
    return this.kv.host.groups();
  }

  group(id: GroupId): Group | undefined {
    return this.kv.host.group(id);
  }

  shards(): readonly ShardState[] {
    return this.#store.shards();
  }

  rows(group: GroupId): readonly StateRow[] {
    return stateRows(this.#machine.files.file, this.#shard(group).range);
  }

  stateHash(group: GroupId): string {
    return stateHash(this.#machine.files.file, this.#shard(group));
  }

  #shard(group: GroupId): ShardState {
    const shard = this.#store.shard(group);
    if (shard === undefined) throw new Error(`node ${this.node} has no shard ${group}`);
    return shard;
  }

  /** Nothing of it happens from now on. Its files are to be taken over before it is buried. */
  kill(): void {
    this.clock.kill();
    this.transport.kill();
    this.#machine.files.boundaries.committed(this.#worker.position());
  }

  /** Closes what the dead process had open. */
  bury(): void {
    this.#worker.die();
    this.#store.close().catch(() => {});
    for (const reject of this.#operations) reject(new ProcessDied('a file operation'));
    this.#operations.clear();
    this.#storeClock.bury();
  }

  #step(what: string): void {
    if (this.dead) throw new ProcessDied(what);
    this.onStep?.(what);
    if (this.dead) throw new ProcessDied(what);
  }

  #beforeStoreAction(action: StoreAction): void {
    if (this.dead) throw new ProcessDied(action);
    if (action === 'commit') {
      // Where the one before it ended.
      this.#machine.files.boundaries.committed(this.#worker.position());
      this.#step('COMMIT');
    }
    this.#machine.storeFault(action);
  }

  /** An operation on snapshot files. */
  readonly #operate = <T>(kind: DiskOperationKind, path: string, effect: () => T): Promise<T> => {
    if (this.dead) return Promise.reject(new ProcessDied(kind));
    return new Promise((resolve, reject) => {
      this.#operations.add(reject);
      this.#scheduleDisk({ kind, path }, () => {
        this.#operations.delete(reject);
        try {
          this.#machine.failDisk({ kind, path });
          resolve(effect());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  };

  #scheduleDisk(operation: { kind: string; path: string }, run: () => void): void {
    const { kind, path } = operation;
    const perform = () => {
      if (kind !== 'size' && kind !== 'list') {
        this.onStep?.(`${kind} ${path}`);
        if (this.dead) return;
      }
      run();
    };
    const slow = kind === 'datasync' || kind === 'sync-folder';
    if (slow) this.clock.afterTrue(this.#machine.syncMs(), perform);
    else queueMicrotask(() => this.clock.enter(perform));
  }
}

function batchText({ created, removed, writes }: WalBatch): string {
  const parts = writes.map(({ group, entries, hardState, compact }) => {
    const first = entries[0];
    const last = entries.at(-1);
    const log = first && last ? ` ${first.index}.${first.term}-${last.index}.${last.term}` : '';
    const { term, vote, commit } = hardState ?? {};
    const state = hardState === undefined ? '' : ` t${term} v${vote} c${commit}`;
    return `g${group}${log}${state}${compact === undefined ? '' : ` cut ${compact.index}`}`;
  });
  for (const { group } of created) parts.push(`+g${group}`);
  for (const { group } of removed) parts.push(`-g${group}`);
  return parts.join('; ');
}
