import { Registry } from 'prom-client';
import t from 'tap';
import { registerNodeMetrics } from '../../src/http/node-metrics.js';
import { Scrape } from '../../src/http/scrape.js';
import { FakeService } from './fake-service.js';

t.test('groups, peers, log, state, forwarding and queues', async (t) => {
  const registry = new Registry();
  registerNodeMetrics(registry, new Scrape(new FakeService()));
  const text = await registry.metrics();
  const lines = [
    'kvorum_raft_role{group="1",role="leader"} 1',
    'kvorum_raft_term{group="1"} 3',
    'kvorum_raft_commit_index{group="1"} 19',
    'kvorum_raft_applied_index{group="1"} 17',
    'kvorum_raft_apply_lag{group="1"} 2',
    'kvorum_raft_leader_node{group="2"} 2',
    'kvorum_peer_connected{node="2"} 0',
    'kvorum_peer_queued_bytes{node="2"} 7',
    'kvorum_wal_batches_total 10',
    'kvorum_wal_entries_per_sync 25',
    'kvorum_store_wal_bytes 4096',
    'kvorum_store_holds_total 1',
    'kvorum_forwarded_requests_total 11',
    'kvorum_queue_length{queue="proposals"} 3',
    'kvorum_queue_limit{queue="proposals"} 4096',
    'kvorum_ready 1',
    'kvorum_info{node="1",cluster="test",version="0.0.0-test"} 1',
  ];
  for (const line of lines) t.ok(text.includes(`${line}\n`), line);
  t.match(text, /# TYPE kvorum_elections_total counter\n/);
  t.equal(await registry.metrics(), text, 'a second scrape does not add up');
});
