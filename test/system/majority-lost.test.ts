/**
 * Two of three nodes down: no write is acknowledged or falsely refused, reads say how stale they
 * are, the probe names the shards, and when one node comes back nobody restarts anything else.
 */
import t from 'tap';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { keyPerShard } from './shard-keys.js';
import { Workload } from './workload.js';

/** The greatest election timeout, 24 ticks of 50 ms, and time to notice on a busy machine. */
const stepDownMsMax = 1_200 + 2_000;

t.test('the last of three nodes refuses honestly and recovers with the second', async (t) => {
  const cluster = await Cluster.start(t);
  const workload = new Workload({ nodes: cluster.targets(), timeoutMs: 3_000 });
  t.teardown(() => workload.close());
  const keys = keyPerShard(cluster.shards, 'old');
  for (const key of keys) t.equal((await workload.write(3, key, `${key}=1`)).outcome, 'ok');
  workload.start();
  await eventually('a load', () => workload.history.count('ok') > 300 || undefined);
  await cluster.kill(1, 2);
  const lostMs = performance.now();
  await workload.stop();

  await cluster.lacksMajority(3);
  t.ok(performance.now() - lostMs < stepDownMsMax + 3_000, 'the probe names every shard');

  await t.test('writes are refused within their time, and never happened', async (t) => {
    await Promise.all(
      keys.map(async (key) => {
        const answer = await workload.write(3, key, `${key}=refused`);
        t.match(answer, { status: 503, outcome: 'not_applied' }, key);
        t.ok(answer.headers['retry-after'] !== undefined);
        t.match(answer.body.toString('utf8'), /consistency=stale/);
      }),
    );
  });

  await t.test('linearizable reads are refused, stale ones say how stale', async (t) => {
    await Promise.all(
      keys.map(async (key) => {
        const fresh = await workload.read(3, key);
        t.equal(fresh.status, 503, key);
        const stale = await workload.read(3, key, 'consistency=stale');
        t.equal(stale.status, 200);
        t.equal(stale.body.toString('utf8'), `${key}=1`);
        t.match(stale.headers['kvorum-staleness'], /^\d+$/);
        const bounded = await workload.read(3, key, 'consistency=stale&max_staleness=1ms');
        t.equal(bounded.status, 503);
      }),
    );
  });

  await t.test('one node comes back and all works again', async (t) => {
    cluster.startNode(1);
    await servesAgain(cluster, workload, [1, 3]);
    t.same(await workload.verify([1, 3]), []);
  });
});
