/**
 * Gauges and counters of the node below HTTP: Raft groups, log, state, forwarding, queues. All are
 * read from the service at the moment of the scrape, each list once.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { KvService, NodeStatistics, ReplicaStatus } from '../kv/service.js';
import { registerRaftMetrics } from './raft-metrics.js';
import type { Scrape } from './scrape.js';

export function registerNodeMetrics(registry: Registry, scrape: Scrape): void {
  registerGroups(registry, scrape);
  registerRaftMetrics(registry, scrape);
  registerPeers(registry, scrape);
  registerStatistics(registry, scrape);
  registerNode(registry, scrape.service);
  registerQueues(registry, scrape);
}

const perGroup: readonly (readonly [string, string, (replica: ReplicaStatus) => number])[] = [
  ['kvorum_raft_term', 'Current term', (replica) => replica.term],
  ['kvorum_raft_last_index', 'Last index of the log', (replica) => replica.lastIndex],
  ['kvorum_raft_first_index', 'First index kept in the log', (replica) => replica.firstIndex],
  ['kvorum_raft_commit_index', 'Highest index known to be committed', (replica) => replica.commit],
  ['kvorum_raft_applied_index', 'Highest index applied', (replica) => replica.applied],
  ['kvorum_raft_durable_index', 'Highest applied index that is durable', (r) => r.durable],
  ['kvorum_raft_apply_lag', 'Committed entries not applied yet', (r) => r.commit - r.applied],
  ['kvorum_raft_behind_tail', '1: cannot catch up from the log', (r) => Number(r.behindTail)],
  ['kvorum_shard_revision', 'Revision of the shard as applied here', (r) => r.revision],
];

function registerGroups(registry: Registry, scrape: Scrape): void {
  const registers = [registry];
  for (const [name, help, value] of perGroup) {
    new Gauge({
      name,
      help,
      labelNames: ['group'],
      registers,
      collect() {
        this.reset();
        for (const { shard, replica } of scrape.shards()) {
          if (replica !== undefined) this.set({ group: String(shard) }, value(replica));
        }
      },
    });
  }
  new Gauge({
    name: 'kvorum_raft_role',
    help: 'The role of this node in the group is the label that has 1',
    labelNames: ['group', 'role'],
    registers,
    collect() {
      this.reset();
      for (const { shard, replica } of scrape.shards()) {
        if (replica !== undefined) this.set({ group: String(shard), role: replica.role }, 1);
      }
    },
  });
  new Gauge({
    name: 'kvorum_raft_leader_node',
    help: 'Node that leads the group as far as known here, 0 when nobody is known',
    labelNames: ['group'],
    registers,
    collect() {
      this.reset();
      for (const { shard, leader } of scrape.shards()) {
        this.set({ group: String(shard) }, leader ?? 0);
      }
    },
  });
}

function registerPeers(registry: Registry, scrape: Scrape): void {
  const registers = [registry];
  new Gauge({
    name: 'kvorum_peer_connected',
    help: '1: this node is connected to that peer',
    labelNames: ['node'],
    registers,
    collect() {
      this.reset();
      for (const node of scrape.nodes()) {
        if (!node.self) this.set({ node: String(node.node) }, Number(node.connected));
      }
    },
  });
  new Gauge({
    name: 'kvorum_peer_queued_bytes',
    help: 'Bytes queued for that peer',
    labelNames: ['node'],
    registers,
    collect() {
      this.reset();
      for (const { node, peer } of scrape.nodes()) {
        if (peer !== undefined) this.set({ node: String(node) }, peer.queuedBytes);
      }
    },
  });
}

const perNode: readonly (readonly [string, string, (statistics: NodeStatistics) => number])[] = [
  ['kvorum_wal_batches_total', 'Writes of the log, one sync each', ({ wal }) => wal.batches],
  ['kvorum_wal_entries_total', 'Entries written to the log', ({ wal }) => wal.entries],
  ['kvorum_wal_bytes_total', 'Bytes written to the log', ({ wal }) => wal.bytes],
  [
    'kvorum_wal_entries_per_sync',
    'Mean number of entries that share one sync, since the start',
    ({ wal }) => (wal.batches === 0 ? 0 : wal.entries / wal.batches),
  ],
  ['kvorum_wal_sync_seconds_max', 'Longest sync since the start', ({ wal }) => wal.syncMsMax / 1e3],
  ['kvorum_wal_segments', 'Segment files of the log', ({ wal }) => wal.segments],
  ['kvorum_wal_segment_bytes', 'Size of all segment files', ({ wal }) => wal.segmentBytes],
  [
    'kvorum_store_wal_bytes',
    'Size of the WAL of the state database',
    ({ store }) => store.walBytes,
  ],
  ['kvorum_store_database_bytes', 'Size of the state database', ({ store }) => store.databaseBytes],
  ['kvorum_store_checkpoints_total', 'Checkpoint calls', ({ store }) => store.checkpoints],
  ['kvorum_store_holds_total', 'Times apply was held for a checkpoint', ({ store }) => store.holds],
  [
    'kvorum_store_hold_seconds_total',
    'Time apply was held',
    ({ store }) => store.holdMsTotal / 1e3,
  ],
  ['kvorum_store_hold_seconds_max', 'Longest hold', ({ store }) => store.holdMsMax / 1e3],
  ['kvorum_store_transactions_total', 'Transactions committed', ({ store }) => store.transactions],
  ['kvorum_store_applied_entries_total', 'Entries applied', ({ store }) => store.appliedEntries],
  ['kvorum_forwarded_requests_total', 'Requests sent on to a leader', (s) => s.forwardedRequests],
  [
    'kvorum_served_forwarded_requests_total',
    'Requests served for other nodes',
    (statistics) => statistics.servedForwardedRequests,
  ],
  ['kvorum_read_rounds_total', 'Rounds of the leader for linearizable reads', (s) => s.readRounds],
  ['kvorum_dropped_messages_total', 'Raft messages dropped at a limit', (s) => s.droppedMessages],
  ['kvorum_elections_total', 'Elections this node has started', (s) => s.elections],
];

function registerStatistics(registry: Registry, scrape: Scrape): void {
  const registers = [registry];
  for (const [name, help, value] of perNode) {
    if (!name.endsWith('_total')) {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value(scrape.statistics()));
        },
      });
      continue;
    }
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value(scrape.statistics()));
      },
    });
  }
}

function registerNode(registry: Registry, service: KvService): void {
  new Gauge({
    name: 'kvorum_ready',
    help: '1: all checks of /readyz are ok',
    registers: [registry],
    collect() {
      this.set(Number(service.readiness().every((check) => check.ok)));
    },
  });
  new Gauge({
    name: 'kvorum_info',
    help: 'Version and cluster of this node',
    labelNames: ['node', 'cluster', 'version'],
    registers: [registry],
    collect() {
      const { node, cluster, version } = service;
      this.set({ node: String(node), cluster, version }, 1);
    },
  });
}

function registerQueues(registry: Registry, scrape: Scrape): void {
  const queues = [
    ['kvorum_queue_length', 'Current length of a bounded queue', 'length'],
    ['kvorum_queue_limit', 'Limit of a bounded queue', 'limit'],
  ] as const;
  for (const [name, help, field] of queues) {
    new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers: [registry],
      collect() {
        this.reset();
        for (const queue of scrape.statistics().queues) {
          this.set({ queue: queue.name }, queue[field]);
        }
      },
    });
  }
}
