/**
 * What a node tells operators about itself: shards, nodes, readiness, counters. Read-only, made
 * when asked.
 */
import type { NodeId } from '../raft/core/types.js';
import type { Group } from '../raft/group.js';
import type { Host } from '../raft/host.js';
import { defaultHostLimits } from '../raft/host-options.js';
import type { KvNodeParts } from './node-parts.js';
import type {
  NodeStatistics,
  NodeStatus,
  ReadyCheck,
  ReplicaStatus,
  ShardStatus,
} from './service.js';
import { type LocalReplicas, localReplicasLimits } from './shard/local-replicas.js';
import type { Router } from './shard/routing.js';
import type { Shard } from './shard/shard-map.js';

/** A replica that was not confirmed as current for this long is not ready to serve. */
const freshMsMax = 5_000;

export interface ReportSources {
  readonly host: Host;
  readonly local: LocalReplicas;
  readonly router: Router;
}

export class NodeReport {
  readonly #parts: KvNodeParts;
  readonly #sources: ReportSources;

  constructor(parts: KvNodeParts, sources: ReportSources) {
    this.#parts = parts;
    this.#sources = sources;
  }

  shards(): readonly ShardStatus[] {
    return this.#parts.map.shards.map((shard) => ({
      shard: shard.group,
      range: shard.range,
      epoch: this.#parts.store.shard(shard.group)?.epoch ?? { range: 1, members: 1 },
      members: shard.members.map((member) => ({ ...member, role: 'voter' })),
      changing: false,
      leader: this.#sources.router.leaderOf(shard.group),
      replica: this.#replica(shard),
    }));
  }

  #replica(shard: Shard): ReplicaStatus | undefined {
    const group = this.#sources.host.group(shard.group);
    if (group === undefined) return undefined;
    const { store } = this.#parts;
    const status = group.raft.status;
    return {
      shard: shard.group,
      replica: status.self,
      role: status.role,
      term: status.term,
      leader: group.raft.membership.nodeOf(status.leader),
      firstIndex: status.firstIndex,
      lastIndex: status.lastIndex,
      commit: status.commit,
      applied: store.applied(shard.group),
      durable: store.durable(shard.group),
      revision: store.shard(shard.group)?.revision ?? 0,
      behindTail: status.installing,
      quorumActive: status.role === 'leader',
      voter: group.raft.membership.isVoter(status.self),
      quiet: false,
      installing: false,
      damaged: false,
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
      this.#tailCheck(),
    ];
  }

  #peersCheck(): ReadyCheck {
    const peers = this.#parts.transport.peers();
    const away = peers.filter((peer) => !peer.connected);
    const majority = peers.length + 1 - away.length > (peers.length + 1) / 2;
    const words = away.map(({ node, lastError }) => `node ${node}: ${lastError ?? 'connecting'}`);
    return check('peers', majority, words.join('; ') || 'all other nodes are connected');
  }

  #heldGroups(): Group[] {
    return [...this.#sources.host.groups()].sort((a, b) => a.id - b.id);
  }

  #leadersCheck(): ReadyCheck {
    const without = this.#heldGroups().filter((group) => group.raft.leader === 0);
    const shards = without.map((group) => group.id).join(', ');
    const detail = `no leader with a majority behind it is known for shards ${shards}`;
    const ok = without.length === 0;
    return check('shard-majorities', ok, ok ? 'every shard held here has a leader' : detail);
  }

  #freshCheck(): ReadyCheck {
    const nowMs = this.#parts.clock.monotonicMs();
    const stale = this.#heldGroups().filter(
      ({ freshMs }) => freshMs === undefined || nowMs - freshMs > freshMsMax,
    );
    const shards = stale.map((group) => group.id).join(', ');
    const detail = `not confirmed as current in the last ${freshMsMax} ms: shards ${shards}`;
    return check(
      'caught-up',
      stale.length === 0,
      stale.length === 0 ? 'replicas are current' : detail,
    );
  }

  #tailCheck(): ReadyCheck {
    const behind = this.#heldGroups().filter((group) => group.raft.installing);
    const shards = behind.map((group) => group.id).join(', ');
    const detail =
      `shards ${shards} were away for longer than their leaders keep the log: ` +
      'they cannot catch up; replace this node';
    const ok = behind.length === 0;
    return check('log-tail', ok, ok ? 'every replica can catch up from the log' : detail);
  }

  statistics(): NodeStatistics {
    const { host, local, router } = this.#sources;
    const { wal, store, transport } = this.#parts;
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
        queue('appends', host.queuedAppends, defaultHostLimits.appendsQueuedMax),
        ...peers.map((peer) => peerQueue(peer.node, peer.queuedBytes)),
      ],
      forwardedRequests: router.statistics.forwarded,
      servedForwardedRequests: router.statistics.served,
      readRounds: host.statistics.readRounds,
      droppedMessages: host.statistics.droppedMessages + dropped,
      elections: host.statistics.elections,
      snapshots: {
        transfers: [],
        made: 0,
        received: 0,
        installed: 0,
        failed: 0,
        sentBytes: 0,
        receivedBytes: 0,
      },
      quietGroups: 0,
      stateChecks: 0,
      damagedReplicas: 0,
      slowDiskHandOvers: 0,
    };
  }
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
