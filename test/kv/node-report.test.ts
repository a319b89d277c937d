/** What a node tells of itself, and that it does not call itself ready when it is not. */
import t from 'tap';
import { NodeCluster } from './node-cluster.js';

t.test('a lone node: shards, nodes, readiness, counters', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 1, shards: 2, replicas: 1 });
  await cluster.start(1);
  await cluster.ready();
  await cluster.put(1, 'k', 'v');
  const node = cluster.at(1);
  const [first, second] = node.shards();
  t.match(first, {
    shard: 1,
    range: { start: 0, end: 2 ** 31 },
    epoch: { range: 1, members: 1 },
    members: [{ node: 1, replica: 1 }],
    leader: 1,
    replica: { role: 'leader', term: 1, leader: 1, behindTail: false, quorumActive: true },
  });
  t.equal(second?.range.end, 2 ** 32);
  const changed = node.shards().find(({ replica }) => replica?.revision === 1)?.replica;
  t.match(changed, { lastIndex: 2, commit: 2, applied: 2, firstIndex: 1 });
  t.same(
    node
      .nodes()
      .map(({ node, self, connected, httpAddress }) => [node, self, connected, httpAddress]),
    [[1, true, true, 'http:1']],
  );
  t.ok(node.readiness().every(({ ok }) => ok));
  const statistics = node.statistics();
  t.match(statistics, { forwardedRequests: 0, servedForwardedRequests: 0, elections: 3 });
  t.ok(statistics.wal.batches > 0);
  t.ok(statistics.store.appliedEntries >= 3);
  t.ok(statistics.readRounds > 0);
  for (const { name, length, limit } of statistics.queues) {
    t.ok(length >= 0 && length <= limit && limit > 0, name);
  }
  t.same(
    statistics.queues.map(({ name }) => name),
    ['writes_in_progress', 'reads_in_progress', 'appends'],
  );
});

t.test('a node without the others names what is missing', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 3, shards: 2, replicas: 3 });
  await cluster.start(1);
  const node = cluster.at(1);
  const failing = node.readiness().filter(({ ok }) => !ok);
  t.same(
    failing.map(({ name }) => name),
    ['peers', 'shard-majorities', 'caught-up'],
  );
  t.match(failing[0]?.detail, /node 2: .*; node 3: /);
  t.match(failing[1]?.detail, /the meta group and shards 1, 2/);
  t.match(failing[2]?.detail, /the meta group and shards 1, 2/);
  t.equal(node.shards()[0]?.leader, undefined);
  t.notOk(node.nodes()[1]?.connected);
  t.equal(node.nodes()[1]?.httpAddress, undefined, 'not heard of yet');
  await cluster.start(2);
  await cluster.ready();
  t.ok(
    node.readiness().every(({ ok }) => ok),
    'two of three are enough',
  );
  t.match(node.readiness().find(({ name }) => name === 'peers')?.detail, /node 3/);
  t.equal(node.nodes()[1]?.httpAddress, 'http:2');
  t.equal(node.statistics().queues.length, 5, 'and a queue for each peer');
});
