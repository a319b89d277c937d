import { Registry } from 'prom-client';
import t from 'tap';
import { registerRaftMetrics } from '../../src/http/raft-metrics.js';
import { Scrape } from '../../src/http/scrape.js';
import type { ShardStatus } from '../../src/kv/service.js';
import { FakeService } from './fake-service.js';

async function scraped(service: FakeService): Promise<string> {
  const registry = new Registry();
  registerRaftMetrics(registry, new Scrape(service));
  const text = await registry.metrics();
  return (await registry.metrics()) === text ? text : 'a second scrape adds up';
}

t.test('snapshots, state checks, and what operators asked for', async (t) => {
  const service = new FakeService();
  const transfer = { group: 1, index: 9, term: 2, bytesDone: 300, bytesTotal: 1_000 } as const;
  service.transfers = [
    { ...transfer, peer: 4, state: 'sending' },
    { ...transfer, peer: undefined, state: 'installing' },
  ];
  const text = await scraped(service);
  for (const line of [
    'kvorum_snapshots_in_progress{state="making"} 0',
    'kvorum_snapshots_in_progress{state="sending"} 1',
    'kvorum_snapshots_in_progress{state="installing"} 1',
    'kvorum_snapshot_progress_bytes{group="1",state="sending",peer="4"} 300',
    'kvorum_snapshot_progress_bytes{group="1",state="installing",peer=""} 300',
    'kvorum_snapshots_made_total 16',
    'kvorum_snapshots_received_total 17',
    'kvorum_snapshots_installed_total 18',
    'kvorum_snapshots_failed_total 19',
    'kvorum_snapshot_sent_bytes_total 20',
    'kvorum_snapshot_received_bytes_total 21',
    'kvorum_quiet_groups 22',
    'kvorum_state_checks_total 23',
    'kvorum_damaged_replicas_total 24',
    'kvorum_slow_disk_hand_overs_total 25',
    'kvorum_membership_changes_under_way 26',
    'kvorum_membership_changes_total{result="done"} 27',
    'kvorum_membership_changes_total{result="refused"} 28',
    'kvorum_membership_changes_total{result="left"} 29',
    'kvorum_leader_transfers_total{result="done"} 30',
    'kvorum_leader_transfers_total{result="failed"} 31',
  ]) {
    t.ok(text.includes(`${line}\n`), line);
  }
});

t.test('members are shown by the leader, the replica by whoever holds it', async (t) => {
  const service = new FakeService();
  const [led, other] = service.shards();
  if (led === undefined || other === undefined) return;
  const progress = { state: 'replicate', match: 1, lag: 19, active: true } as const;
  const learner = { node: 4, replica: 7, role: 'learner', progress } as const;
  const replica = { ...(led.replica ?? never()), damaged: true, quiet: true };
  const follower: ShardStatus = { ...other, replica: { ...replica, role: 'follower' } };
  service.shards = () => [
    { ...led, members: [...led.members, learner], changing: true, replica },
    follower,
  ];
  const text = await scraped(service);
  for (const line of [
    'kvorum_raft_members{group="1",role="voter"} 3',
    'kvorum_raft_members{group="1",role="learner"} 1',
    'kvorum_raft_member_lag{group="1",node="4"} 19',
    'kvorum_raft_changing{group="1"} 1',
    'kvorum_raft_voter{group="1"} 1',
    'kvorum_raft_damaged{group="2"} 1',
    'kvorum_raft_quiet{group="2"} 1',
    'kvorum_raft_installing{group="1"} 0',
  ]) {
    t.ok(text.includes(`${line}\n`), line);
  }
  t.notMatch(text, 'kvorum_raft_members{group="2"');
});

function never(): never {
  throw new Error('the fake shard has a replica');
}
