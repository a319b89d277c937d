/** What a real node wrote, read back by `kvorum wal dump`: every record and every checksum. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../tidy/tree.js';
import { Cluster } from './cluster.js';

t.test('the log of a stopped node holds what it acknowledged, undamaged', async (t) => {
  const cluster = await Cluster.start(t, { nodes: 3, shards: 4 });
  for (let i = 0; i < 40; i += 1) {
    const answer = await cluster.client(1 + (i % 3)).put(`key-${i}`, `value-${i}`);
    t.equal(answer.outcome, 'ok');
  }
  for (const id of cluster.ids) await cluster.kill(id);
  for (const id of cluster.ids) {
    const args = ['wal', 'dump', cluster.place(id).folder, '--json'];
    const dump = spawnSync(process.execPath, [join(root, 'bin', 'kvorum.js'), ...args], {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 ** 2,
    });
    t.equal(dump.status, 0, dump.stderr);
    const items = dump.stdout.trimEnd().split('\n');
    const entries = items
      .map((line) => JSON.parse(line))
      .filter(({ record }) => record === 'entry');
    t.same(
      entries.filter(({ crc }) => crc !== 'ok'),
      [],
    );
    // Every node has a replica of every shard; the newest entries may still be on their way to it.
    const kinds = new Set(entries.map(({ kind }) => kind));
    t.same([...kinds].sort(), ['command', 'empty']);
  }
});
