/**
 * A damaged log: a torn tail is cut without a word of complaint, a flipped bit in the middle stops
 * that node at start with file, offset and what to do, and nobody else notices.
 */
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { Cluster } from './cluster.js';
import { servesAgain } from './serving.js';
import { keyPerShard } from './shard-keys.js';
import { endOfLog, findInLog, flipBit, overwrite } from './wal-files.js';
import { Workload } from './workload.js';

const startTimeoutMs = 15_000;

t.test('torn tails and flipped bits', async (t) => {
  const cluster = await Cluster.start(t, { shards: 4 });
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  const write = async (value: string) => {
    for (const key of keyPerShard(cluster.shards, value)) {
      t.equal((await workload.write(1, key, `${key}=${value}`)).outcome, 'ok');
    }
  };
  const early = keyPerShard(cluster.shards, 'early')[0] ?? '';
  await write('early');
  await write('middle');
  await write('late');

  await t.test('half a frame at the end is cut', async (t) => {
    await cluster.kill(1);
    const { folder } = cluster.place(1);
    const end = endOfLog(folder, `${early}=early`);
    if (end === undefined) return t.fail('the value is not in the log');
    overwrite(end, randomBytes(100));
    await cluster.restart(1);
    await servesAgain(cluster, workload, [1]);
  });

  await t.test('a flipped bit in the middle stops that node only', async (t) => {
    await cluster.kill(2);
    const { folder } = cluster.place(2);
    const damaged = findInLog(folder, `${early}=early`);
    if (damaged === undefined) return t.fail('the value is not in the log');
    flipBit(damaged);
    const node = cluster.startNode(2);
    const timer = setTimeout(() => node.signal('SIGKILL'), startTimeoutMs);
    const exit = await node.ended;
    clearTimeout(timer);
    t.equal(exit.signal, null, 'it ends by itself');
    t.not(exit.code, 0);
    t.ok(node.log.includes(damaged.path), `the message names ${damaged.path}`);
    t.match(node.log, /offset/i);
    t.comment(node.log.slice(-600));
    await servesAgain(cluster, workload, [1, 3]);

    flipBit(damaged);
    await cluster.restart(2);
    await servesAgain(cluster, workload, [2]);
  });
  t.same(await workload.verify(), []);
});
