/**
 * Gauges and counters of what keeps the groups together: members, snapshots, quiet groups,
 * damaged replicas, and what operators asked for.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { NodeStatistics, ReplicaStatus } from '../kv/service.js';
import type { Scrape } from './scrape.js';

export function registerRaftMetrics(registry: Registry, scrape: Scrape): void {
  registerReplicas(registry, scrape);
  registerMembers(registry, scrape);
  registerSnapshots(registry, scrape);
  registerOutcomes(registry, scrape);
}

const perReplica: readonly (readonly [string, string, (replica: ReplicaStatus) => boolean])[] = [
  ['kvorum_raft_voter', '1: the replica here is a voter', ({ voter }) => voter],
  ['kvorum_raft_quiet', '1: the group is quiet, without ticks and heartbeats', (r) => r.quiet],
  ['kvorum_raft_installing', '1: a snapshot takes the place of the state', (r) => r.installing],
  ['kvorum_raft_damaged', '1: the state differs and waits for a snapshot', (r) => r.damaged],
];

function registerReplicas(registry: Registry, scrape: Scrape): void {
  for (const [name, help, value] of perReplica) {
    new Gauge({
      name,
      help,
      labelNames: ['group'],
      registers: [registry],
      collect() {
        this.reset();
        for (const { shard, replica } of scrape.shards()) {
          if (replica !== undefined) this.set({ group: String(shard) }, Number(value(replica)));
        }
      },
    });
  }
}

/** Shown by the leader alone, so that a sum over all nodes counts each group once. */
function registerMembers(registry: Registry, scrape: Scrape): void {
  const led = () => scrape.shards().filter(({ replica }) => replica?.role === 'leader');
  const registers = [registry];
  new Gauge({
    name: 'kvorum_raft_members',
    help: 'Members of the group by role, shown by its leader',
    labelNames: ['group', 'role'],
    registers,
    collect() {
      this.reset();
      for (const { shard, members } of led()) {
        for (const { role } of members) this.inc({ group: String(shard), role });
      }
    },
  });
  new Gauge({
    name: 'kvorum_raft_member_lag',
    help: 'Entries that a member is not known to have, shown by the leader of the group',
    labelNames: ['group', 'node'],
    registers,
    collect() {
      this.reset();
      for (const { shard, members } of led()) {
        for (const { node, progress } of members) {
          if (progress === undefined) continue;
          this.set({ group: String(shard), node: String(node) }, progress.lag);
        }
      }
    },
  });
  new Gauge({
    name: 'kvorum_raft_changing',
    help: '1: a change of the members is under way, shown by the leader of the group',
    labelNames: ['group'],
    registers,
    collect() {
      this.reset();
      for (const { shard, changing } of led()) this.set({ group: String(shard) }, Number(changing));
    },
  });
}

function registerSnapshots(registry: Registry, scrape: Scrape): void {
  const states = ['making', 'sending', 'receiving', 'installing'] as const;
  const registers = [registry];
  new Gauge({
    name: 'kvorum_snapshots_in_progress',
    help: 'Snapshots that are being made, sent, received or installed here',
    labelNames: ['state'],
    registers,
    collect() {
      const { transfers } = scrape.statistics().snapshots;
      for (const state of states) {
        this.set({ state }, transfers.filter((transfer) => transfer.state === state).length);
      }
    },
  });
  new Gauge({
    name: 'kvorum_snapshot_progress_bytes',
    help: 'Bytes done of the snapshots in progress; peer is the node at the other end, or empty',
    labelNames: ['group', 'state', 'peer'],
    registers,
    collect() {
      this.reset();
      for (const { group, state, peer, bytesDone } of scrape.statistics().snapshots.transfers) {
        this.set({ group: String(group), state, peer: String(peer ?? '') }, bytesDone);
      }
    },
  });
}

type Value = (statistics: NodeStatistics) => number;

const gauges: readonly (readonly [string, string, Value])[] = [
  ['kvorum_quiet_groups', 'Groups that are quiet here', (s) => s.quietGroups],
  [
    'kvorum_membership_changes_under_way',
    'Changes of members that this node carries out for an operator',
    ({ administration }) => administration.changesUnderWay,
  ],
];

const counters: readonly (readonly [string, string, Value])[] = [
  ['kvorum_snapshots_made_total', 'Snapshots made here', ({ snapshots }) => snapshots.made],
  ['kvorum_snapshots_received_total', 'Snapshots received', ({ snapshots }) => snapshots.received],
  [
    'kvorum_snapshots_installed_total',
    'Snapshots installed',
    ({ snapshots }) => snapshots.installed,
  ],
  [
    'kvorum_snapshots_failed_total',
    'Snapshots made, received or installed in vain',
    ({ snapshots }) => snapshots.failed,
  ],
  [
    'kvorum_snapshot_sent_bytes_total',
    'Bytes of snapshots sent',
    ({ snapshots }) => snapshots.sentBytes,
  ],
  [
    'kvorum_snapshot_received_bytes_total',
    'Bytes of snapshots received',
    ({ snapshots }) => snapshots.receivedBytes,
  ],
  [
    'kvorum_state_checks_total',
    'Steps of state checks that were compared with a majority, by the leader',
    (s) => s.stateChecks,
  ],
  [
    'kvorum_damaged_replicas_total',
    'Replicas of this node whose state was found to differ',
    (s) => s.damagedReplicas,
  ],
  [
    'kvorum_slow_disk_hand_overs_total',
    'Leaderships given away because the own disk was slow',
    (s) => s.slowDiskHandOvers,
  ],
];

const outcomes = [
  [
    'kvorum_membership_changes_total',
    'Changes of members for operators, by how they ended here',
    {
      done: ({ administration }) => administration.changesDone,
      refused: ({ administration }) => administration.changesRefused,
      left: ({ administration }) => administration.changesLeft,
    },
  ],
  [
    'kvorum_leader_transfers_total',
    'Transfers of leaderships for operators, by how they ended',
    {
      done: ({ administration }) => administration.transfersDone,
      failed: ({ administration }) => administration.transfersFailed,
    },
  ],
] as const satisfies readonly (readonly [string, string, Record<string, Value>])[];

function registerOutcomes(registry: Registry, scrape: Scrape): void {
  const registers = [registry];
  for (const [name, help, value] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value(scrape.statistics()));
      },
    });
  }
  for (const [name, help, value] of counters) {
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
  for (const [name, help, byResult] of outcomes) {
    new Counter({
      name,
      help,
      labelNames: ['result'],
      registers,
      collect() {
        this.reset();
        for (const [result, value] of Object.entries(byResult)) {
          this.inc({ result }, value(scrape.statistics()));
        }
      },
    });
  }
}
