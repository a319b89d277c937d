import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DevFolder, type WantedCluster } from '../../src/cli/dev-folder.js';

const nothing: Omit<WantedCluster, 'dir'> = {
  nodes: undefined,
  shards: undefined,
  replicas: undefined,
  port: undefined,
  peerPort: undefined,
};

t.test('a new cluster has the defaults of a development cluster', async (t) => {
  const dir = join(t.testdir(), 'new');
  const folder = new DevFolder({ ...nothing, dir });
  t.teardown(() => folder.close());
  t.match(folder.cluster, { nodes: 3, shards: 12, replicas: 3, port: 8401, peerPort: 9401 });
  t.equal(folder.resumed, false);
  t.same(
    folder.nodes.map(({ http, peer }) => [http.port, peer.port]),
    [
      [8401, 9401],
      [8402, 9402],
      [8403, 9403],
    ],
  );
  const secret = readFileSync(join(dir, 'secret'), 'utf8').trim();
  t.match(secret, /^[0-9a-f]{64}$/);
});

t.test('what was chosen is remembered; ports may change', async (t) => {
  const dir = join(t.testdir(), 'c');
  const first = new DevFolder({ ...nothing, dir, nodes: 2, shards: 5, port: 9000 });
  first.close();
  const secret = readFileSync(join(dir, 'secret'), 'utf8');
  const second = new DevFolder({ ...nothing, dir, nodes: 2, peerPort: 9500 });
  second.close();
  t.equal(second.resumed, true);
  const { clusterId } = first.cluster;
  t.match(second.cluster, {
    clusterId,
    nodes: 2,
    shards: 5,
    replicas: 3,
    port: 9000,
    peerPort: 9500,
  });
  t.equal(readFileSync(join(dir, 'secret'), 'utf8'), secret);
});

t.test('a place where no folder can be made', { skip: !existsSync('/proc/self') }, async (t) => {
  t.throws(() => new DevFolder({ ...nothing, dir: '/proc/kvorum/new' }), {
    name: 'CommandError',
    message: /^The folder \/proc\/kvorum\/new cannot be used: ENOENT/,
  });
});

t.test('contradictions are refused with the way out', async (t) => {
  const dir = join(t.testdir(), 'c');
  new DevFolder({ ...nothing, dir }).close();
  for (const wanted of [{ nodes: 5 }, { shards: 24 }, { replicas: 1 as const }]) {
    t.throws(() => new DevFolder({ ...nothing, dir, ...wanted }), {
      name: 'UsageError',
      message: /holds a cluster of 3 nodes, 12 shards and 3 replicas; --\w+ \d+ contradicts it/,
    });
  }
  new DevFolder({ ...nothing, dir }).close();
});

t.test('a folder in use is refused, and free again afterwards', async (t) => {
  const dir = join(t.testdir(), 'c');
  const first = new DevFolder({ ...nothing, dir });
  t.throws(() => new DevFolder({ ...nothing, dir }), {
    message:
      `${dir} is in use by another kvorum dev (process ${process.pid}). ` +
      'Stop that one, or choose another --dir.',
  });
  first.close();
  new DevFolder({ ...nothing, dir }).close();
});

t.test('folders that are not ours', async (t) => {
  const dir = t.testdir({ 'thesis.tex': '' });
  t.throws(() => new DevFolder({ ...nothing, dir }), {
    message: /holds other files \(thesis\.tex\)/,
  });
  const file = join(t.testdir({ file: '' }), 'file');
  t.throws(() => new DevFolder({ ...nothing, dir: file }), { message: /cannot be used: ENOTDIR/ });
  const damaged = join(t.testdir(), 'c');
  new DevFolder({ ...nothing, dir: damaged }).close();
  writeFileSync(join(damaged, 'cluster.json'), '{"format": 2}');
  t.throws(() => new DevFolder({ ...nothing, dir: damaged }), { message: /damaged or of another/ });
});

t.test('numbers that do not go together', async (t) => {
  const refused = (wanted: Partial<WantedCluster>, message: RegExp) =>
    t.throws(() => new DevFolder({ ...nothing, ...wanted, dir: join(t.testdir(), 'c') }), {
      name: 'UsageError',
      message,
    });
  refused({ nodes: 5, port: 65_532 }, /leaves no room for 5 nodes/);
  refused({ port: 9000, peerPort: 9002 }, /overlap: 3 nodes take 3 ports from each/);
});
