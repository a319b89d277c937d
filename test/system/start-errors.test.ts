/**
 * Bad input at start: the node ends by itself with a code that is not 0 and a message that names
 * what is wrong; a node that does not belong is refused by the others.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

const endTimeoutMs = 10_000;

/** Starts node 1 with other settings and returns what it said when it ended. */
async function refuses(
  t: Test,
  cluster: Cluster,
  change: (given: string[]) => string[],
  message: RegExp,
): Promise<void> {
  const node = cluster.startWith(1, change(cluster.startArguments(1)));
  const timer = setTimeout(() => node.signal('SIGKILL'), endTimeoutMs);
  const { code, signal } = await node.ended;
  clearTimeout(timer);
  t.equal(signal, null, 'it ends by itself');
  t.not(code, 0);
  t.match(node.log, message);
}

/** The arguments with another value behind the flag. */
function setting(flag: string, value: string): (given: string[]) => string[] {
  return (given) => given.map((text, at) => (given[at - 1] === flag ? value : text));
}

t.test('settings and folders that do not fit', async (t) => {
  const cluster = await Cluster.prepare(t);
  const { folder } = cluster.place(1);
  await refuses(t, cluster, setting('--http', '127.0.0.1:99999'), /http[\s\S]*99999/);
  await refuses(t, cluster, setting('--shards', '0'), /shards[\s\S]*0/);
  await refuses(t, cluster, setting('--replicas', '2'), /replicas[\s\S]*2/);
  await refuses(t, cluster, setting('--node-id', '9'), /9/);
  await refuses(t, cluster, setting('--dir', '/dev/null/x'), /\/dev\/null\/x/);
  await refuses(t, cluster, setting('--dir', '/proc/kvorum'), /\/proc\/kvorum/);
  await refuses(t, cluster, (given) => [...given, '--no-such-flag'], /no-such-flag/);
  mkdirSync(folder);
  writeFileSync(join(folder, 'thesis.tex'), 'x');
  await refuses(t, cluster, (given) => given, /not empty \(thesis\.tex\)/);
  rmSync(folder, { recursive: true });
});

t.test('a folder and an id that are taken', async (t) => {
  const cluster = await Cluster.start(t, { shards: 4 });
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  await servesAgain(cluster, workload);

  await cluster.kill(1);
  const { folder } = cluster.place(1);
  await refuses(t, cluster, setting('--dir', cluster.place(2).folder), /already running there/);
  await refuses(t, cluster, setting('--cluster-id', 'other'), /cluster "system-test"/);
  await refuses(t, cluster, setting('--shards', '5'), /4 shards, not 5/);
  await refuses(t, cluster, setting('--replicas', '1'), /3 replicas, not 1/);
  await cluster.kill(2);
  await refuses(t, cluster, setting('--dir', cluster.place(2).folder), /belongs to node 2, not 1/);
  await cluster.restart(2);
  await refuses(
    t,
    cluster,
    setting('--http', `127.0.0.1:${cluster.place(2).httpPort}`),
    /EADDRINUSE|in use/,
  );

  await t.test('a wrong secret is refused by the others', async (t) => {
    const args = setting('--secret', 'another-secret-of-20-bytes')(cluster.startArguments(1));
    const node = cluster.startWith(1, args);
    await eventually('somebody says so', () => /secret/i.test(node.log) || undefined);
    t.equal((await workload.write(1, 'key', 'foreign', 2_000)).outcome, 'not_applied');
    await node.kill();
  });

  await t.test('a wiped node is refused under its old id', async (t) => {
    rmSync(folder, { recursive: true });
    const node = cluster.startNode(1);
    await eventually(
      'somebody says so',
      () => /belongs to data folder/.test(node.log) || undefined,
    );
    t.equal((await workload.write(1, 'key', 'wiped', 2_000)).outcome, 'not_applied');
    await node.kill();
  });
  await servesAgain(cluster, workload, [2, 3]);
  t.same(await workload.verify([2, 3]), []);
});
