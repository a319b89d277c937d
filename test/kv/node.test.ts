/** A node as a whole: alone with fakes for how it starts and ends, in a cluster for the rest. */
import { rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { ClusterConfiguration } from '../../src/kv/cluster-configuration.js';
import { KvNode } from '../../src/kv/node.js';
import type { KvNodeParts } from '../../src/kv/node-parts.js';
import { initialShardMap } from '../../src/kv/shard/shard-map.js';
import { NodeDataError } from '../../src/kv/start-groups.js';
import type { TransportHandler } from '../../src/raft/transport/types.js';
import { FakeWal } from '../raft/fake-wal.js';
import { ManualClock } from '../simulation/manual-clock.js';
import { FakeStore } from './fake-store.js';
import { NodeCluster, refusalOf } from './node-cluster.js';

class Parts {
  readonly clock = new ManualClock();
  readonly wal = new FakeWal();
  readonly store = new FakeStore();
  readonly closed: string[] = [];
  readonly failures: Error[] = [];
  handler: TransportHandler | undefined;
  closeErrors: Readonly<Record<string, Error>> = {};

  node(more: Partial<KvNodeParts> = {}, nodes = 1): KvNode {
    const members = Array.from({ length: nodes }, (_, i) => ({
      id: i + 1,
      zone: `${i + 1}`,
      weight: 1,
    }));
    const configuration: ClusterConfiguration = { nodes: members, shards: 1, replicas: 1 };
    const closing = (name: string) => async () => {
      this.closed.push(name);
      if (this.closeErrors[name] !== undefined) throw this.closeErrors[name];
    };
    this.wal.close = closing('wal');
    this.store.close = closing('store');
    return new KvNode({
      node: 1,
      cluster: 'test',
      version: '1',
      configuration,
      map: initialShardMap(configuration).map,
      httpAddress: 'http:1',
      peerAddress: 'peer:1',
      wal: this.wal,
      store: this.store,
      transport: {
        open: async (handler) => {
          this.handler = handler;
        },
        send: () => {},
        request: () => Promise.reject(new Error('nobody is asked')),
        peers: () => [],
        close: closing('transport'),
      },
      clock: this.clock,
      random: () => 0.5,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      metPeers: false,
      walPath: '/data/wal',
      onFailure: (error) => this.failures.push(error),
      ...more,
    });
  }

  async run(ms = 0): Promise<void> {
    for (let i = 0; i < 20; i += 1) {
      this.clock.advance(ms / 20);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const put = {
  type: 'put',
  key: Buffer.from('k'),
  condition: {},
  value: Buffer.from('v'),
  contentType: '',
} as const;
const context = { requestId: 'r', timeoutMs: 1_000, forward: true };

t.test(
  'the first start creates the groups in the log, then in the state, and campaigns',
  async (t) => {
    const parts = new Parts();
    const node = parts.node();
    t.teardown(() => node.close());
    await node.open();
    t.match(parts.wal.batches[0]?.created, [
      { group: 0, replica: 1 },
      {
        group: 1,
        replica: 1,
        mark: { index: 0, term: 0, configuration: { voters: [{ node: 1 }] } },
      },
    ]);
    t.match(parts.store.births, [{ group: 0 }, { group: 1, revision: 0, applied: 0 }]);
    await parts.run();
    t.equal(node.shards()[0]?.leader, 1, 'at once: the preferred leader campaigns');
    const write = node.write(put, context);
    await parts.run();
    t.match(await write, { outcome: 'created', node: 1 });
    t.equal(node.shardOf(Buffer.from('k')), 1);
  },
);

t.test(
  'a later start finds its groups; a crash before the state had them is made good',
  async (t) => {
    const parts = new Parts();
    const first = parts.node();
    await first.open();
    await first.close();
    parts.store.births.length = 0;
    const second = parts.node({ metPeers: true });
    t.teardown(() => second.close());
    await second.open();
    t.equal(parts.store.births.length, 2, 'told at each start; the store keeps what it has');
  },
);

t.test('a log that is gone stops the start, by what the state or the peers remember', async (t) => {
  const met = new Parts();
  await t.rejects(met.node({ metPeers: true }).open(), NodeDataError);
  await t.rejects(met.node({ metPeers: true }).open(), /\/data\/wal holds no log.*must not start/);
  const served = new Parts();
  served.store.shards = () => [served.store.shard(1)].filter((shard) => shard !== undefined);
  await t.rejects(served.node().open(), NodeDataError);
  t.equal(served.wal.batches.length, 0, 'and nothing is written');
});

t.test('a log that lacks one of the shards stops the start', async (t) => {
  const parts = new Parts();
  parts.wal.write({
    created: [
      {
        group: 7,
        replica: 1,
        mark: {
          index: 0,
          term: 0,
          configuration: {
            voters: [{ node: 1, replica: 1 }],
            outgoing: [],
            learners: [],
            learnersNext: [],
            autoLeave: false,
            nextReplica: 100,
          },
        },
        hardState: { term: 0, vote: 0, commit: 0 },
      },
    ],
    removed: [],
    writes: [],
  });
  await t.rejects(parts.node().open(), /knows nothing of shard 1/);
});

t.test('a node that holds no shard has a log to lose: that of the meta group', async (t) => {
  const parts = new Parts();
  const without = [1, 2].find((id) => {
    return parts.node({ node: id }, 2).shards()[0]?.members[0]?.node !== id;
  });
  for (const fresh of [true, false]) {
    parts.wal.open = async () => ({ groups: [], tombstones: new Map(), fresh });
    const wiped = parts.node({ node: without ?? 0, metPeers: true }, 2);
    await t.rejects(wiped.open(), NodeDataError);
    await wiped.close();
  }
});

t.test('every part is closed once, whatever one of them says', async (t) => {
  const parts = new Parts();
  const node = parts.node();
  await node.open();
  parts.closeErrors = { transport: new Error('port'), store: new Error('checkpoint') };
  await t.rejects(node.close(), /port/, 'the first failure is told');
  await t.rejects(node.close(), /port/);
  t.same(parts.closed, ['transport', 'store', 'wal']);
  await parts.run();
  t.equal(parts.clock.timers, 0, 'no timer stays');
});

t.test('a start that fails half way can be closed', async (t) => {
  const parts = new Parts();
  parts.wal.open = () => Promise.reject(new Error('bad frame at 17'));
  const node = parts.node();
  await t.rejects(node.open(), /bad frame/);
  await node.close();
  t.same(parts.closed, ['transport', 'store', 'wal']);
});

t.test('a failed disk: nothing is served, peers hear nothing, the reason is shown', async (t) => {
  const parts = new Parts();
  parts.closeErrors = { transport: new Error('closing fails, too') };
  const node = parts.node();
  await node.open();
  await parts.run();
  const open = refusalOf(node.write(put, context));
  node.stopServing(new Error('EIO'));
  node.stopServing(new Error('again'));
  await parts.run();
  t.match(await open, { code: 'stopping', outcome: 'not_applied' });
  t.match(await refusalOf(node.write(put, context)), { code: 'storage_failed' });
  const read = { key: put.key, consistency: 'stale' } as const;
  t.match(await refusalOf(node.read(read, context)), { code: 'storage_failed' });
  t.match(node.failure, { message: 'EIO' });
  t.equal(parts.failures.length, 1);
  t.same(parts.closed, ['transport']);
  t.match(node.readiness()[0], { name: 'storage', ok: false, detail: 'EIO' });
  await node.handOver(1_000);
  parts.closeErrors = {};
  await node.close();
});

t.test('draining waits for the writes under way and takes no new ones', async (t) => {
  const parts = new Parts();
  const node = parts.node();
  t.teardown(() => node.close());
  await node.open();
  await parts.run();
  parts.wal.automatic = false;
  const write = node.write(put, context);
  await parts.run();
  let done = false;
  const draining = node.drain(500).then(() => {
    done = true;
  });
  await parts.run(100);
  t.notOk(done, 'a write is under way');
  t.match(await refusalOf(node.write(put, context)), { code: 'stopping' });
  parts.wal.automatic = true;
  parts.wal.complete();
  await parts.run(300);
  t.match(await write, { outcome: 'created' });
  await draining;
  t.ok(done);
});

t.test('draining does not wait longer than it may', async (t) => {
  const parts = new Parts();
  const node = parts.node();
  await node.open();
  await parts.run();
  parts.wal.automatic = false;
  const write = refusalOf(node.write(put, { ...context, timeoutMs: 60_000 }));
  await parts.run();
  const draining = node.drain(500);
  await parts.run(600);
  await draining;
  parts.wal.automatic = true;
  parts.wal.complete();
  await node.close();
  t.match(await write, { code: 'outcome_unknown' });
});

t.test('the observer hears of turns and of what was applied', async (t) => {
  const parts = new Parts();
  const node = parts.node();
  t.teardown(() => node.close());
  let turns = 0;
  let entries = 0;
  node.observer = {
    loopDelay: () => {},
    turn: () => {
      turns += 1;
    },
    applied: (count) => {
      entries += count;
    },
    walBatch: () => {},
  };
  t.ok(node.observer);
  await node.open();
  await parts.run();
  t.ok(turns > 0);
  t.equal(entries, 2, 'the first entry of two new leaders');
});

async function three(t: Test): Promise<NodeCluster> {
  const cluster = new NodeCluster(t, { nodes: 3, shards: 3, replicas: 3 });
  await cluster.start(1, 2, 3);
  await cluster.ready();
  return cluster;
}

t.test('any node takes any write, and every node reads it at once', async (t) => {
  const cluster = await three(t);
  for (let i = 0; i < 60; i += 1) {
    const key = `key ${i}`;
    const written = await cluster.put((i % 3) + 1, key, `${i}`);
    t.equal(written.outcome, 'created');
    for (const node of cluster.ids) {
      const { found, ...answer } = await cluster.get(node, key);
      if (`${found?.value}` !== `${i}`) t.fail(`${key} is stale on node ${node}`);
      if (answer.node !== node) t.fail('a replica serves its own reads');
    }
  }
  const forwarded = cluster.ids.map((id) => cluster.at(id).statistics().forwardedRequests);
  t.ok(Math.max(...forwarded) > 0, `forwarded: ${forwarded}`);
  t.equal(cluster.failures.length, 0);
});

t.test('restarted, all of them have everything; revisions go on upwards', async (t) => {
  const cluster = await three(t);
  const before = await Promise.all(
    Array.from({ length: 30 }, (_, i) => cluster.put((i % 3) + 1, `key ${i}`, `${i}`)),
  );
  await cluster.stop(1, 2, 3);
  await cluster.start(1, 2, 3);
  await cluster.ready();
  for (let i = 0; i < 30; i += 1) {
    const { found } = await cluster.get((i % 3) + 1, `key ${i}`);
    t.equal(`${found?.value}`, `${i}`);
  }
  const again = await cluster.put(1, 'key 0', 'new');
  t.equal(again.outcome, 'replaced');
  t.ok(again.shardRevision > (before[0]?.shardRevision ?? 0));
});

t.test('a majority lost and found again', async (t) => {
  const cluster = await three(t);
  await cluster.put(1, 'k', 'old');
  const leader = cluster.leaderOf('k') ?? 1;
  const [one = 0, other = 0] = cluster.ids.filter((id) => id !== leader);
  await cluster.stop(one, other);
  const proposed = await refusalOf(cluster.put(leader, 'k', 'proposed', 500));
  t.match(proposed, { code: 'outcome_unknown', outcome: 'unknown' }, 'proposed, and then silence');
  await cluster.until('the leader has stepped down', () =>
    cluster
      .at(leader)
      .shards()
      .every((shard) => shard.leader === undefined),
  );
  const startMs = performance.now();
  const later = await refusalOf(cluster.put(leader, 'k', 'later', 300));
  t.match(later, { code: 'no_leader', outcome: 'not_applied' });
  t.ok(performance.now() - startMs < 5_000, 'within its time, on a busy machine');
  t.match(await refusalOf(cluster.get(leader, 'k', { timeoutMs: 300 })), { code: 'no_leader' });
  const stale = await cluster.get(leader, 'k', { consistency: 'stale' });
  t.equal(`${stale.found?.value}`, 'old');
  t.ok((stale.stalenessMs ?? 0) >= 300, `${stale.stalenessMs} ms`);
  const wish = { consistency: 'stale', maxStalenessMs: 1, timeoutMs: 300 } as const;
  t.match(await refusalOf(cluster.get(leader, 'k', wish)), { code: 'too_stale' });
  const unready = cluster.at(leader).readiness();
  t.notOk(unready.find(({ name }) => name === 'shard-majorities')?.ok);
  await cluster.start(one);
  const healed = await cluster.put(one, 'k', 'healed');
  t.equal(healed.outcome, 'replaced');
  for (const node of [leader, one]) {
    t.equal(`${(await cluster.get(node, 'k')).found?.value}`, 'healed');
  }
});

t.test('cut off from the others a node refuses and says so in time; they go on', async (t) => {
  const cluster = await three(t);
  await cluster.put(1, 'k', 'old');
  cluster.network.partition([1], [2, 3]);
  await cluster.until('the others lead everything', () =>
    cluster
      .at(2)
      .shards()
      .every(({ leader }) => leader !== undefined && leader !== 1),
  );
  await cluster.until('node 1 has given up', () =>
    cluster
      .at(1)
      .shards()
      .every(({ leader }) => leader === undefined),
  );
  t.equal((await cluster.put(2, 'k', 'new')).outcome, 'replaced');
  const write = await refusalOf(cluster.put(1, 'k', 'minority', 200));
  t.match(write, { code: 'no_leader', outcome: 'not_applied' });
  t.match(await refusalOf(cluster.get(1, 'k', { timeoutMs: 200 })), { code: 'no_leader' });
  const stale = await cluster.get(1, 'k', { consistency: 'stale' });
  t.equal(`${stale.found?.value}`, 'old');
  cluster.network.healAll();
  t.equal(`${(await cluster.get(1, 'k')).found?.value}`, 'new', 'a read waits until it is current');
});

t.test('a node whose log folder is gone does not start, with its state or without', async (t) => {
  const cluster = await three(t);
  await cluster.put(1, 'k', 'v');
  await cluster.stop(3);
  rmSync(cluster.walFolder(3), { recursive: true });
  await t.rejects(cluster.start(3), NodeDataError);
  rmSync(cluster.walFolder(3).replace(/wal$/, 'state'), { recursive: true });
  await t.rejects(cluster.start(3), NodeDataError, 'its peers have met it');
  t.equal(`${(await cluster.get(1, 'k')).found?.value}`, 'v', 'the others do not care');
});
