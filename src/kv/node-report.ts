/**
 * What a node tells operators about itself: shards, nodes, readiness, counters. Read-only, made
 * when asked.
 */
import type { GroupId, NodeId } from '../raft/core/types.js';
import type { Group } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import type { Administration } from './administration.js';
import type { KvNodeParts } from './node-parts.js';
import type {
  NodeStatistics,
  NodeStatus,
  ReadyCheck,
  ReplicaStatus,
  ShardMember,
  ShardStatus,
} from './service.js';
import { type LocalReplicas, localReplicasLimits } from './shard/local-replicas.js';
import type { Router } from './shard/routing.js';
import type { Shard, ShardDirectory } from './shard/shard-map.js';
import { membersIn } from './shard-members.js';
import type { StateCheck } from './state-check.js';
import { metaGroup } from './store/document-place.js';
import type { NodeTuning } from './tuning.js';

/** A replica that was not confirmed as current for this long is not ready to serve. */
const freshMsMax = 5_000;

export interface ReportSources {
  readonly host: Host;
  readonly directory: ShardDirectory;
  readonly local: LocalReplicas;
  readonly router: Router;
  readonly administration: Administration;
  readonly stateCheck: StateCheck;
  readonly tuning: NodeTuning;
}

function membersOf({ raft }: Group): readonly ShardMember[] {
  const { configuration } = raft.membership;
  const { leadership } = raft;
  if (leadership === undefined) return membersIn(configuration);
  return membersIn(configuration, { leadership, lastIndex: raft.status.lastIndex });
}

export class NodeReport {
  readonly #parts: KvNodeParts;
  readonly #sources: ReportSources;

  constructor(parts: KvNodeParts, sources: ReportSources) {
    this.#parts = parts;
    this.#sources = sources;
  }

  shards(): readonly ShardStatus[] {
    return this.#sources.directory.map.shards.map((shard) => this.#shard(shard));
  }

  shard(group: GroupId): ShardStatus | undefined {
    const shard = this.#sources.directory.map.shard(group);
    return shard === undefined ? undefined : this.#shard(shard);
  }

  #shard(shard: Shard): ShardStatus {
    const group = this.#sources.host.group(shard.group);
    const known = group?.raft.membership.uninitialised === false ? group : undefined;
    return {
      shard: shard.group,
      range: shard.range,
      epoch: this.#parts.store.shard(shard.group)?.epoch ?? { range: 1, members: 1 },
      members:
        known === undefined
          ? shard.members.map((member) => ({ ...member, role: 'voter' }))
          : membersOf(known),
      changing: known?.raft.status.pendingChange ?? false,
      leader: this.#sources.router.leaderOf(shard.group),
      replica: group && this.#replica(group),
    };
  }

  #replica(group: Group): ReplicaStatus {
    const { store } = this.#parts;
    const status = group.raft.status;
    const whole = !store.installing(group.id);
    return {
      shard: group.id,
      replica: status.self,
      role: status.role,
      term: status.term,
      leader: group.nodeOf(status.leader),
      firstIndex: status.firstIndex,
      lastIndex: status.lastIndex,
      commit: status.commit,
      applied: store.applied(group.id),
      durable: whole ? store.durable(group.id) : 0,
      revision: store.shard(group.id)?.revision ?? 0,
      behindTail: status.wantsSnapshot || status.fetching !== undefined,
      quorumActive: status.role === 'leader',
      voter: status.isVoter,
      quiet: status.quiet,
      installing: status.installing,
      damaged: this.#sources.stateCheck.damaged(group.id),
    };
  }

  nodes(): readonly NodeStatus[] {
    const { configuration, node: self, transport, httpAddress, peerAddress, version } = this.#parts;
    const peers = new Map(transport.peers().map((peer) => [peer.node, peer]));
    return configuration.nodes.map(({ id, zone, weight }) => {
      const peer = peers.get(id);
      const own = id === self;
      return {
        node: id,
        zone,
        weight,
        self: own,
        httpAddress: own ? httpAddress : peer?.info?.httpAddress,
        peerAddress: own ? peerAddress : (peer?.address ?? ''),
        connected: own || (peer?.connected ?? false),
        peer,
        version: own ? version : peer?.info?.version,
      };
    });
  }

  readiness(state: { failure: Error | undefined; stopping: boolean }): readonly ReadyCheck[] {
    const { failure, stopping } = state;
    return [
      check('storage', failure === undefined, failure?.message ?? 'log and state are healthy'),
      check('running', !stopping, stopping ? 'the node is shutting down' : 'taking requests'),
      this.#peersCheck(),
      this.#leadersCheck(),
      this.#freshCheck(),
      this.#stateCheck(),
    ];
  }

  #peersCheck(): ReadyCheck {
    const peers = this.#parts.transport.peers();
    const away = peers.filter((peer) => !peer.connected);
    const majority = peers.length + 1 - away.length > (peers.length + 1) / 2;
    const words = away.map(({ node, lastError }) => `node ${node}: ${lastError ?? 'connecting'}`);
    return check('peers', majority, words.join('; ') || 'all other nodes are connected');
  }

  /** But those that are only being created: no shard counts on them yet. */
  #heldGroups(): Group[] {
    return [...this.#sources.host.groups()].sort((a, b) => a.id - b.id);
  }

  #leadersCheck(): ReadyCheck {
    const without = this.#heldGroups().filter((group) => group.raft.leader === 0);
    const detail = `no leader with a majority behind it is known for ${names(without)}`;
    const ok = without.length === 0;
    return check('shard-majorities', ok, ok ? 'every shard held here has a leader' : detail);
  }

  #freshCheck(): ReadyCheck {
    const nowMs = this.#parts.clock.monotonicMs();
    const stale = this.#heldGroups().filter(
      ({ freshMs, raft }) => !raft.quiet && (freshMs === undefined || nowMs - freshMs > freshMsMax),
    );
    const detail = `not confirmed as current in the last ${freshMsMax} ms: ${names(stale)}`;
    return check(
      'caught-up',
      stale.length === 0,
      stale.length === 0 ? 'replicas are current' : detail,
    );
  }

  /** Replicas that serve nothing, because of what their state is or is not. */
  #stateCheck(): ReadyCheck {
    const groups = this.#heldGroups();
    const damaged = groups.filter(({ id }) => this.#sources.stateCheck.damaged(id));
    const rebuilt = groups.filter((group) => !damaged.includes(group) && group.raft.installing);
    const words = [
      damaged.length > 0 ? `the state of ${names(damaged)} differs from the others'` : '',
      rebuilt.length > 0 ? `${names(rebuilt)}: not complete yet` : '',
    ].filter((part) => part !== '');
    const ok = words.length === 0;
    const detail = `${words.join('; ')}: a snapshot is fetched and installed`;
    return check('replica-state', ok, ok ? 'every replica has its whole state' : detail);
  }

  statistics(): NodeStatistics {
    const { host, local, router, administration, stateCheck, tuning } = this.#sources;
    const { wal, store, transport } = this.#parts;
    const { statistics } = host;
    const peers = transport.peers();
    const dropped = peers.reduce((sum, peer) => sum + peer.droppedMessages, 0);
    return {
      wal: wal.statistics,
      store: store.statistics,
      queues: [
        queue(
          'writes_in_progress',
          local.writesInProgress,
          localReplicasLimits.writesInProgressMax,
        ),
        queue('reads_in_progress', local.readsInProgress, localReplicasLimits.readsInProgressMax),
        queue('appends', statistics.queuedAppends, tuning.hostLimits.appendsQueuedMax),
        ...peers.map((peer) => peerQueue(peer.node, peer.queuedBytes)),
      ],
      forwardedRequests: router.statistics.forwarded,
      servedForwardedRequests: router.statistics.served,
      readRounds: statistics.readRounds,
      droppedMessages: statistics.droppedMessages + dropped,
      elections: statistics.elections,
      snapshots: host.snapshots.statistics,
      administration: administration.statistics,
      quietGroups: statistics.quietGroups,
      stateChecks: stateCheck.statistics.compared,
      damagedReplicas: stateCheck.statistics.damaged,
      slowDiskHandOvers: statistics.slowDiskHandOvers,
    };
  }
}

/** "the meta group and shards 1, 2" */
function names(groups: readonly Group[]): string {
  const shards = groups.map(({ id }) => id).filter((id) => id !== metaGroup);
  const meta = shards.length < groups.length ? ['the meta group'] : [];
  return [...meta, ...(shards.length > 0 ? [`shards ${shards.join(', ')}`] : [])].join(' and ');
}

type QueueLength = NodeStatistics['queues'][number];

function queue(name: string, length: number, limit: number): QueueLength {
  return { name, length, limit };
}

function peerQueue(node: NodeId, bytes: number): QueueLength {
  return queue(`peer_${node}_bytes`, bytes, peerQueueBytesMax);
}

/** Control and bulk queue of one peer together. */
const peerQueueBytesMax = 33 * 1024 * 1024;

function check(name: string, ok: boolean, detail: string): ReadyCheck {
  return { name, ok, detail };
}
