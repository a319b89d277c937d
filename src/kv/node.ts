/**
 * One node, put together from its parts: the log, the state, the network, and what drives them.
 * HTTP and the simulator see it as a KvService. `open-node.ts` builds the real parts.
 */
import type { Configuration, GroupId, NodeId } from '../raft/core/types.js';
import { Host } from '../raft/host.js';
import type { GroupBirth, Recovered, RecoveredGroup } from '../raft/wal/types.js';
import { KvError } from './errors.js';
import { LeaderBalance } from './leader-balance.js';
import type { KvNodeParts } from './node-parts.js';
import { NodeReport } from './node-report.js';
import type {
  KvService,
  NodeObserver,
  NodeStatistics,
  NodeStatus,
  ReadAnswer,
  ReadRequest,
  ReadyCheck,
  RequestContext,
  ShardStatus,
  WriteAnswer,
  WriteRequest,
} from './service.js';
import { LocalReplicas, localReplicasLimits } from './shard/local-replicas.js';
import { Router } from './shard/routing.js';
import type { Shard } from './shard/shard-map.js';
import type { ShardBirth } from './store/types.js';
import { defaultTuning } from './tuning.js';

/** How often a stopping node looks whether its writes are settled. */
const drainPollMs = 10;

/** The node's data is not what it must be; it does not start. */
export class NodeDataError extends Error {
  override readonly name = 'NodeDataError';
}

export class KvNode implements KvService {
  readonly node: NodeId;
  readonly cluster: string;
  readonly version: string;
  readonly #parts: KvNodeParts;
  readonly #host: Host;
  readonly #local: LocalReplicas;
  readonly #router: Router;
  readonly #balance: LeaderBalance;
  readonly #report: NodeReport;
  #observer: NodeObserver | undefined;
  #failure: Error | undefined;
  #stopping = false;
  #closing: Promise<void> | undefined;

  constructor(parts: KvNodeParts) {
    this.#parts = parts;
    this.node = parts.node;
    this.cluster = parts.cluster;
    this.version = parts.version;
    const { wal, store, transport, clock, random, logger, map } = parts;
    const tuning = { ...defaultTuning, ...parts.tuning };
    this.#host = new Host({
      wal,
      transport,
      stateMachine: store,
      clock,
      random,
      logger,
      raftTiming: tuning.raftTiming,
      raftLimits: tuning.raftLimits,
      timing: tuning.hostTiming,
      limits: tuning.hostLimits,
      onRole: ({ group, leader }) => {
        if (leader !== undefined) this.#router.leaderChanged(group);
      },
      onFailure: (error) => this.#fail(error),
    });
    const host = this.#host;
    const limits = localReplicasLimits;
    this.#local = new LocalReplicas({ node: parts.node, host, store, clock, limits });
    this.#router = new Router({
      node: parts.node,
      map,
      local: this.#local,
      transport,
      clock,
      logger,
    });
    this.#balance = new LeaderBalance({
      node: parts.node,
      map,
      host,
      clock,
      timing: tuning.leaderBalance,
    });
    this.#report = new NodeReport(parts, { host, local: this.#local, router: this.#router });
  }

  /** For the simulator, which looks at the cores after every event. */
  get host(): Host {
    return this.#host;
  }

  get observer(): NodeObserver | undefined {
    return this.#observer;
  }

  set observer(observer: NodeObserver | undefined) {
    this.#observer = observer;
    this.#host.observer = observer;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Recovers, creates what the first start must create, and joins its peers. */
  async open(): Promise<void> {
    const { store, wal, transport } = this.#parts;
    await store.open();
    const recovered = await wal.open();
    // A node that holds no shard has nothing in its log to forget.
    const first = recovered.groups.length === 0 && this.#heldShards().length > 0;
    const groups = first ? await this.#createGroups() : this.#checkGroups(recovered);
    // After the log and again at each start: a crash between the two is made good here.
    store.createShards(this.#heldShards().map(shardBirth));
    this.#host.start(groups);
    await transport.open({
      onMessages: (from, messages) => this.#host.onMessages(from, messages),
      onUnreachable: (node) => this.#host.onUnreachable(node),
      onRequest: (request) => this.#router.serve(request),
    });
    this.#balance.start({ campaign: first });
  }

  #heldShards(): readonly Shard[] {
    return this.#parts.map.heldBy(this.node);
  }

  /** The groups of a fixed cluster are born on every node alike: index 0, term 0, all members. */
  async #createGroups(): Promise<readonly RecoveredGroup[]> {
    const { store, metPeers, wal, walPath } = this.#parts;
    if (store.shards().length > 0 || metPeers) {
      throw new NodeDataError(
        `${walPath} holds no log, but this node has served before. Without its log it has ` +
          'forgotten its votes and what it acknowledged, and must not start. Restore the folder, ' +
          'or replace this node by one with an id that was never used.',
      );
    }
    const created = this.#heldShards().map((shard): GroupBirth => {
      const self = shard.members.find((member) => member.node === this.node);
      return {
        group: shard.group,
        replica: self?.replica ?? 0,
        mark: { index: 0, term: 0, configuration: configurationOf(shard) },
        hardState: { term: 0, vote: 0, commit: 0 },
      };
    });
    await wal.write({ created, removed: [], writes: [] });
    return created.map((birth) => ({ ...birth, lastIndex: 0, terms: [], configurations: [] }));
  }

  #checkGroups(recovered: Recovered): readonly RecoveredGroup[] {
    const found = new Set(recovered.groups.map(({ group }) => group));
    const lacking = this.#heldShards().find((shard) => !found.has(shard.group));
    if (lacking !== undefined) {
      throw new NodeDataError(
        `${this.#parts.walPath} knows nothing of shard ${lacking.group}, which this node holds.`,
      );
    }
    return recovered.groups;
  }

  async write(request: WriteRequest, context: RequestContext): Promise<WriteAnswer> {
    this.#checkServing();
    return this.#router.write(request, context);
  }

  async read(request: ReadRequest, context: RequestContext): Promise<ReadAnswer> {
    this.#checkServing();
    return this.#router.read(request, context);
  }

  #checkServing(): void {
    if (this.#failure !== undefined) throw new KvError('storage_failed');
    if (this.#stopping) throw new KvError('stopping', { retryAfterMs: 1_000 });
  }

  shardOf(key: Buffer): GroupId {
    return this.#router.shardOf(key).group;
  }

  shards(): readonly ShardStatus[] {
    return this.#report.shards();
  }

  nodes(): readonly NodeStatus[] {
    return this.#report.nodes();
  }

  readiness(): readonly ReadyCheck[] {
    return this.#report.readiness({ failure: this.#failure, stopping: this.#stopping });
  }

  statistics(): NodeStatistics {
    return this.#report.statistics();
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#balance.stop();
    // Silent to the others at once: they elect new leaders, and nothing more is acknowledged.
    this.#parts.transport.close().catch((closing: Error) => {
      this.#parts.logger.warn({ err: closing }, 'closing the peer port after a failure');
    });
    this.#parts.onFailure(error);
  }

  /** Its disk failed, or a peer sent what no correct peer sends: it acknowledges nothing now. */
  stopServing(error: Error): void {
    this.#host.fail(error);
  }

  /**
   * Offers every leadership to a follower that keeps up, takes no new work after that, and waits
   * for the writes under way: their fate would be unknown when the node closes.
   */
  async handOver(timeoutMs: number): Promise<void> {
    const { clock } = this.#parts;
    const endMs = clock.monotonicMs() + timeoutMs;
    this.#balance.stop();
    if (this.#failure === undefined) await this.#host.handOver(timeoutMs);
    this.#stopping = true;
    while (this.#local.writesInProgress > 0 && clock.monotonicMs() < endMs) {
      if (this.#failure !== undefined) return;
      await new Promise<void>((resolve) => clock.after(drainPollMs, resolve));
    }
  }

  /** Stops without asking anybody; what is durable stays. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Every part is closed, whatever the ones before it say; rejects with the first failure. */
  async #close(): Promise<void> {
    const { transport, store, wal } = this.#parts;
    this.#stopping = true;
    this.#balance.stop();
    const failures: unknown[] = [];
    for (const part of [this.#host, transport, store, wal]) {
      await part.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

function configurationOf(shard: Shard): Configuration {
  return {
    voters: shard.members,
    outgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
    nextReplica: Math.max(...shard.members.map(({ replica }) => replica)) + 1,
  };
}

function shardBirth(shard: Shard): ShardBirth {
  return {
    group: shard.group,
    range: shard.range,
    epoch: { range: 1, members: 1 },
    revision: 0,
    applied: 0,
  };
}
