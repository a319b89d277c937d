/**
 * One node, put together from its parts: the log, the state, the network, and what drives them.
 * HTTP and the simulator see it as a KvService. `open-node.ts` builds the real parts.
 */
import type { GroupId, NodeId } from '../raft/core/types.js';
import { Host } from '../raft/host.js';
import { chunkRequestType } from '../raft/snapshots/chunk-codec.js';
import { adminRequestKind } from './admin-codec.js';
import { Administration } from './administration.js';
import { KvError } from './errors.js';
import { LeaderBalance } from './leader-balance.js';
import { documentChangeRequestType } from './meta/document-change-codec.js';
import { MetaGroup } from './meta/meta-group.js';
import { NodeAnnouncement } from './meta/node-announcement.js';
import type { KvNodeParts } from './node-parts.js';
import { NodeReport } from './node-report.js';
import { OrphanCheck, orphanRequestType } from './orphan-check.js';
import { type PeerRequestHandler, PeerRequests } from './peer-requests.js';
import type {
  KvService,
  MembershipAnswer,
  MembershipRequest,
  NodeObserver,
  NodeStatistics,
  NodeStatus,
  ReadAnswer,
  ReadRequest,
  ReadyCheck,
  RequestContext,
  ShardStatus,
  TransferAnswer,
  TransferRequest,
  WriteAnswer,
  WriteRequest,
} from './service.js';
import { LocalReplicas, localReplicasLimits } from './shard/local-replicas.js';
import { Router } from './shard/routing.js';
import type { ShardDirectory, ShardMap } from './shard/shard-map.js';
import { startGroups } from './start-groups.js';
import { StateCheck } from './state-check.js';
import { stateHashRequestType } from './state-hash-codec.js';
import { metaGroup } from './store/document-place.js';
import { defaultTuning, type NodeTuning } from './tuning.js';

/** How often a stopping node looks whether its writes are settled. */
const drainPollMs = 10;
/** Without a forwarded request for this long the others have learnt of the new leaders. */
const drainQuietMs = 200;
/** Nodes that stop together must not pass leaderships to and fro. */
const lateHandOversMax = 3;

export class KvNode implements KvService {
  readonly node: NodeId;
  readonly cluster: string;
  readonly version: string;
  readonly #parts: KvNodeParts;
  readonly #host: Host;
  readonly #local: LocalReplicas;
  readonly #router: Router;
  readonly #balance: LeaderBalance;
  readonly #administration: Administration;
  readonly #stateCheck: StateCheck;
  readonly #meta: MetaGroup;
  readonly #announcement: NodeAnnouncement;
  readonly #orphanCheck: OrphanCheck;
  readonly #report: NodeReport;
  readonly #peerRequests: PeerRequests;
  #observer: NodeObserver | undefined;
  #failure: Error | undefined;
  #stopping = false;
  #closing: Promise<void> | undefined;

  constructor(parts: KvNodeParts) {
    this.#parts = parts;
    this.node = parts.node;
    this.cluster = parts.cluster;
    this.version = parts.version;
    const { node, store, transport, clock, random, logger, map } = parts;
    const nodes = parts.configuration.nodes.map(({ id }) => id);
    const tuning = { ...defaultTuning, ...parts.tuning };
    this.#host = this.#makeHost(tuning);
    const host = this.#host;
    const limits = localReplicasLimits;
    this.#local = new LocalReplicas({ node, host, store, clock, limits });
    const local = this.#local;
    const meta = new MetaGroup({ node, host, store, transport, clock, logger });
    this.#meta = meta;
    const { peerAddress, httpAddress, version } = parts;
    const facts = { peerAddress, httpAddress, version };
    this.#announcement = new NodeAnnouncement({ node, meta, clock, facts });
    const directory = currentMap(meta, map);
    this.#router = new Router({ node, nodes, directory, local, transport, clock, logger });
    this.#balance = new LeaderBalance({
      ...{ node, directory, host, clock, timing: tuning.leaderBalance },
      busy: (shard) => this.#administration.busy(shard),
    });
    this.#administration = new Administration(parts, {
      host,
      directory,
      balance: this.#balance,
      shard: (group) => this.#report.shard(group),
      leaderOf: (group) => this.#router.leaderOf(group),
    });
    const administration = this.#administration;
    const router = this.#router;
    this.#stateCheck = new StateCheck({
      ...{ host, store, transport, clock, random, logger },
      timing: tuning.stateCheck,
    });
    const stateCheck = this.#stateCheck;
    const orphanCheck = new OrphanCheck({
      ...{ node, nodes, host, transport, clock, timing: tuning.orphanCheck },
    });
    this.#orphanCheck = orphanCheck;
    const sources = { host, directory, local, router, administration, stateCheck, tuning };
    this.#report = new NodeReport(parts, sources);
    const handlers = new Map<number, PeerRequestHandler>([
      [chunkRequestType, (request) => host.snapshots.serve(request)],
      [stateHashRequestType, (request) => stateCheck.serve(request)],
      [orphanRequestType, (request) => orphanCheck.serve(request)],
      [documentChangeRequestType, (request) => meta.serve(request)],
      [adminRequestKind, (request) => administration.service.serve(request)],
    ]);
    this.#peerRequests = new PeerRequests(handlers, (request) => router.serve(request));
  }

  #makeHost(tuning: NodeTuning): Host {
    const { wal, store, transport, clock, random, logger } = this.#parts;
    return new Host({
      ...{ wal, transport, stateMachine: store, clock, random, logger },
      raftTiming: tuning.raftTiming,
      raftLimits: tuning.raftLimits,
      timing: tuning.hostTiming,
      limits: tuning.hostLimits,
      snapshotLimits: tuning.snapshots,
      mayLive: (group) => group === metaGroup || this.#meta.view?.shards.has(group) !== false,
      onRole: ({ group, leader }) => {
        if (leader !== undefined) this.#router.leaderChanged(group);
      },
      onRemoved: ({ group, leader }) => this.#router.replicaRemoved(group, leader),
      onAskedToLead: ({ group, by }) => this.#balance.askedToLead(group, by),
      onFailure: (error) => this.#fail(error),
    });
  }

  /** For the simulator, which looks at the cores after every event. */
  get host(): Host {
    return this.#host;
  }

  /** The cluster as this node knows it. */
  get meta(): MetaGroup {
    return this.#meta;
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
    const { recovered, births, first } = await startGroups(this.#parts, await wal.open());
    store.createShards(births);
    this.#host.start(recovered);
    await transport.open({
      onMessages: (from, messages) => this.#host.onMessages(from, messages),
      onUnreachable: (node) => {
        this.#host.onUnreachable(node);
        this.#balance.unreachable(node);
      },
      onRequest: (request) => this.#peerRequests.serve(request),
    });
    this.#meta.open({ campaign: first });
    this.#balance.start({ campaign: first });
    this.#stateCheck.start();
    this.#orphanCheck.start();
    this.#announcement.start();
  }

  async write(request: WriteRequest, context: RequestContext): Promise<WriteAnswer> {
    this.#checkServing();
    return this.#router.write(request, context);
  }

  async read(request: ReadRequest, context: RequestContext): Promise<ReadAnswer> {
    this.#checkServing();
    return this.#router.read(request, context);
  }

  async changeMembers(
    shard: GroupId,
    request: MembershipRequest,
    context: RequestContext,
  ): Promise<MembershipAnswer> {
    this.#checkServing();
    return this.#administration.service.changeMembers(shard, request, context);
  }

  async transferLeader(
    shard: GroupId,
    request: TransferRequest,
    context: RequestContext,
  ): Promise<TransferAnswer> {
    this.#checkServing();
    return this.#administration.service.transferLeader(shard, request, context);
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
    this.#stopDriving();
    // Silent to the others at once: they elect new leaders, and nothing more is acknowledged.
    this.#parts.transport.close().catch((closing: Error) => {
      this.#parts.logger.warn({ err: closing }, 'closing the peer port after a failure');
    });
    this.#parts.onFailure(error);
  }

  /** What this node would do of its own accord. */
  #stopDriving(): void {
    this.#balance.stop();
    this.#administration.stop();
    this.#stateCheck.stop();
    this.#orphanCheck.stop();
    this.#announcement.stop();
    this.#meta.stop();
  }

  /** Its disk failed, or a peer sent what no correct peer sends: it acknowledges nothing now. */
  stopServing(error: Error): void {
    this.#host.fail(error);
  }

  /** Offers every leadership to a follower that keeps up; goes on serving and forwarding. */
  async handOver(timeoutMs: number): Promise<void> {
    this.#stopDriving();
    if (this.#failure === undefined) await this.#host.handOver(timeoutMs);
  }

  /**
   * Takes no new work and waits for the writes under way, whose fate would be unknown when the node
   * closes. What other nodes send until then is refused and goes elsewhere, and what is on its way
   * when the streams close is named as not looked at (`Link.leave`).
   *
   * The others' balance does not know that this node stops, and may give it a shard that prefers
   * it meanwhile: it would die with the leadership, and its clients wait for an election.
   */
  async drain(timeoutMs: number): Promise<void> {
    const { clock } = this.#parts;
    const endMs = clock.monotonicMs() + timeoutMs;
    this.#stopping = true;
    let served = this.#router.statistics.served;
    let servedMs = clock.monotonicMs();
    let late = 0;
    for (let nowMs = servedMs; nowMs < endMs; nowMs = clock.monotonicMs()) {
      if (this.#failure !== undefined) return;
      if (late < lateHandOversMax && this.#leadsAny()) {
        await this.#host.handOver(endMs - nowMs);
        if (!this.#leadsAny()) late += 1;
      }
      if (this.#router.statistics.served !== served) servedMs = nowMs;
      served = this.#router.statistics.served;
      if (this.#local.writesInProgress === 0 && nowMs - servedMs >= drainQuietMs) return;
      await new Promise<void>((resolve) => clock.after(drainPollMs, resolve));
    }
  }

  #leadsAny(): boolean {
    return [...this.#host.groups()].some((group) => group.raft.leadership !== undefined);
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
    this.#stopDriving();
    const failures: unknown[] = [];
    for (const part of [this.#host, transport, store, wal]) {
      await part.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** The map as the meta group has it; until this node has heard of it, the cluster's first. */
function currentMap(meta: MetaGroup, first: ShardMap): ShardDirectory {
  return {
    get map() {
      return meta.view?.shardMap ?? first;
    },
  };
}
