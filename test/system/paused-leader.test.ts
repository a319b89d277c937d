/**
 * A leader that is stopped (SIGSTOP) for 5 s and goes on: meanwhile the others elect another, and
 * the old one must not answer one read from what it still believes, not even those that wait in
 * its sockets at the moment it wakes up.
 */
import t from 'tap';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { keyInShard, keyPerShard } from './shard-keys.js';
import { Workload } from './workload.js';

const pauseMs = 5_000;

t.test('a paused leader serves no stale read and steps down', async (t) => {
  const cluster = await Cluster.start(t);
  const workload = new Workload({ nodes: cluster.targets(), timeoutMs: 10_000 });
  t.teardown(() => workload.close());
  await servesAgain(cluster, workload);
  const leaders = await cluster.leaders(1);
  const victim = leaders.get(1) ?? 0;
  const led = [...leaders].filter(([, leader]) => leader === victim).map(([shard]) => shard);
  t.ok(led.length > 0, `node ${victim} leads shards ${led.join(', ')}`);
  const keys = led.map((shard) => keyInShard(shard, cluster.shards, 'pause'));
  for (const key of keys) t.equal((await workload.write(victim, key, `${key}=1`)).outcome, 'ok');

  cluster.process(victim).signal('SIGSTOP');
  const pausedMs = performance.now();
  const others = cluster.ids.filter((id) => id !== victim);
  const waiting = keys.flatMap((key) => [
    workload.read(victim, key),
    workload.write(victim, `${key}/held`, `${key}=held`),
  ]);
  const tookMs = await servesAgain(cluster, workload, others);
  t.ok(tookMs < 3_000, `the others lead after ${tookMs | 0} ms`);
  for (const [index, key] of keys.entries()) {
    const answer = await workload.write(others[index % 2] ?? 0, key, `${key}=2`);
    t.equal(answer.outcome, 'ok');
  }
  const restMs = pauseMs - (performance.now() - pausedMs);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, restMs)));

  // These were asked for after the second write was acknowledged: the first must not be seen.
  const late = keys.flatMap((key) => [workload.read(victim, key), workload.read(victim, key)]);
  cluster.process(victim).signal('SIGCONT');
  await Promise.all([...waiting, ...late]);
  t.same(workload.history.violations(), []);
  const seen = (await Promise.all(late)).filter(({ outcome }) => outcome === 'found');
  t.comment(`${seen.length} of ${late.length} late reads were answered with a value`);

  await eventually('it follows again', async () => {
    const known = await cluster.leaders(victim);
    const agreed = await cluster.leaders(others[0] ?? 0);
    const same = led.every((shard) => known.get(shard) === agreed.get(shard));
    return (same && known.size === cluster.shards) || undefined;
  });
  t.same(await workload.verify(), []);
});

t.test('two paused followers are a lost majority until they go on', async (t) => {
  const cluster = await Cluster.start(t, { shards: 3 });
  const workload = new Workload({ nodes: cluster.targets(), timeoutMs: 3_000 });
  t.teardown(() => workload.close());
  await servesAgain(cluster, workload);
  for (const id of [2, 3]) cluster.process(id).signal('SIGSTOP');
  const key = keyPerShard(3, 'two')[0] ?? '';
  const refused = await eventually('a refusal', async () => {
    const answer = await workload.write(1, key, `refused ${performance.now()}`, 2_000);
    return answer.outcome === 'not_applied' ? answer : undefined;
  });
  t.equal(refused.status, 503);
  for (const id of [2, 3]) cluster.process(id).signal('SIGCONT');
  await servesAgain(cluster, workload);
  t.same(await workload.verify(), []);
});
