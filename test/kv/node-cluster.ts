/**
 * A few whole nodes in this process: real logs and real SQLite in a temporary folder, a network in
 * memory, real time. A node that is stopped here loses nothing but its memory.
 */
import { join } from 'node:path';
import type { Test } from 'tap';
import type { ClusterConfiguration } from '../../src/kv/cluster-configuration.js';
import { KvError } from '../../src/kv/errors.js';
import { KvNode } from '../../src/kv/node.js';
import type { ReadAnswer, ReadRequest, WriteAnswer } from '../../src/kv/service.js';
import { hashOf } from '../../src/kv/shard/hash.js';
import { initialShardMap } from '../../src/kv/shard/shard-map.js';
import { placeBy } from '../../src/kv/store/document-place.js';
import { SqliteStore } from '../../src/kv/store/sqlite-store.js';
import type { NodeTuning } from '../../src/kv/tuning.js';
import { realClock } from '../../src/raft/clock.js';
import type { NodeId } from '../../src/raft/core/types.js';
import { createWal } from '../../src/raft/wal/wal.js';
import { MemoryNetwork } from '../simulation/memory-network.js';

export interface NodeClusterOptions {
  readonly nodes: number;
  readonly shards: number;
  readonly replicas: 1 | 3 | 5;
  readonly tuning?: Partial<NodeTuning>;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export class NodeCluster {
  readonly network = new MemoryNetwork({
    clock: realClock,
    random: Math.random,
    reconnectMs: 5,
    limits: { silenceMs: 500, pingIntervalMs: 200 },
  });
  readonly ids: readonly NodeId[];
  readonly failures: Error[] = [];
  readonly #configuration: ClusterConfiguration;
  readonly #nodes = new Map<NodeId, KvNode>();
  readonly #met = new Set<NodeId>();
  readonly #dir: string;

  readonly #tuning: Partial<NodeTuning>;

  constructor(t: Test, { nodes, shards, replicas, tuning = {} }: NodeClusterOptions) {
    this.#tuning = tuning;
    this.#dir = t.testdir();
    this.ids = Array.from({ length: nodes }, (_, i) => i + 1);
    const members = this.ids.map((id) => ({ id, zone: `${id}`, weight: 1 }));
    this.#configuration = { nodes: members, shards, replicas };
    t.teardown(() => this.stop(...this.#nodes.keys()));
  }

  stateFolder(id: NodeId): string {
    return join(this.#dir, `${id}`, 'state');
  }

  walFolder(id: NodeId): string {
    return join(this.#dir, `${id}`, 'wal');
  }

  async start(...ids: NodeId[]): Promise<void> {
    for (const id of ids) {
      const node = this.#build(id);
      await node.open().catch(async (error) => {
        await node.close();
        throw error;
      });
      this.#nodes.set(id, node);
      this.#met.add(id);
    }
  }

  async stop(...ids: NodeId[]): Promise<void> {
    for (const id of [...ids]) {
      await this.#nodes.get(id)?.close();
      this.#nodes.delete(id);
    }
  }

  #build(id: NodeId): KvNode {
    const dir = join(this.#dir, `${id}`);
    const info = { node: id, httpAddress: `http:${id}`, version: 'test' };
    const others = this.ids.filter((other) => other !== id);
    const wal = createWal({
      dir,
      clock: realClock,
      segmentBytes: 1024 * 1024,
      onFailure: (error) => node.stopServing(error),
    });
    const state = {
      dir: join(dir, 'state'),
      hash: placeBy(hashOf),
      cluster: 'test',
      clock: realClock,
    };
    const node = new KvNode({
      node: id,
      cluster: 'test',
      version: 'test',
      configuration: this.#configuration,
      map: initialShardMap(this.#configuration).map,
      httpAddress: info.httpAddress,
      peerAddress: `peer:${id}`,
      wal,
      store: new SqliteStore(state),
      transport: this.network.transport(info, others),
      clock: realClock,
      random: Math.random,
      logger: quiet,
      tuning: this.#tuning,
      metPeers: this.#met.has(id),
      walPath: this.walFolder(id),
      onFailure: (error) => this.failures.push(error),
    });
    return node;
  }

  get running(): readonly NodeId[] {
    return [...this.#nodes.keys()].sort((a, b) => a - b);
  }

  at(id: NodeId): KvNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`node ${id} is not running`);
    return node;
  }

  put(id: NodeId, key: string, value: string, timeoutMs = 10_000): Promise<WriteAnswer> {
    return this.at(id).write(
      {
        type: 'put',
        key: Buffer.from(key),
        condition: {},
        value: Buffer.from(value),
        contentType: 'text/plain',
      },
      { requestId: `put ${key}`, timeoutMs, forward: true },
    );
  }

  get(
    id: NodeId,
    key: string,
    how: Partial<ReadRequest> & { timeoutMs?: number } = {},
  ): Promise<ReadAnswer> {
    const { timeoutMs = 10_000, ...consistency } = how;
    return this.at(id).read(
      { key: Buffer.from(key), consistency: 'linearizable', ...consistency },
      { requestId: `get ${key}`, timeoutMs, forward: true },
    );
  }

  /** Every shard has a leader that every running node knows, and every replica is current. */
  async ready(): Promise<void> {
    await this.until('the cluster is ready', () =>
      [...this.#nodes.values()].every((node) =>
        node.readiness().every(({ name, ok }) => ok || name === 'peers'),
      ),
    );
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    const endMs = performance.now() + 30_000;
    while (!condition()) {
      if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  leaderOf(key: string, asSeenBy = this.ids[0] ?? 1): NodeId | undefined {
    const node = this.at(asSeenBy);
    const group = node.shardOf(Buffer.from(key));
    return node.shards().find(({ shard }) => shard === group)?.leader;
  }
}

export async function refusalOf(promise: Promise<unknown>): Promise<KvError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof KvError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
