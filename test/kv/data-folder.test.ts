import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { NodeIdentity } from '../../src/kv/cluster-configuration.js';
import { type DataFolder, openDataFolder } from '../../src/kv/data-folder.js';
import { DataFolderError, type DataFolderErrorCode } from '../../src/kv/data-folder-error.js';
import { readDurableJson, writeDurableJson } from '../../src/kv/durable-json.js';

const identity: NodeIdentity = {
  clusterId: 'dev',
  nodeId: 2,
  configuration: {
    nodes: [1, 2, 3].map((id) => ({ id, zone: `${id}`, weight: 1 })),
    shards: 12,
    replicas: 3,
  },
};

t.test('the first start makes the folder, later ones find the same identity', async (t) => {
  const path = join(t.testdir(), 'not', 'there', 'yet');
  const first = await openDataFolder(path, identity);
  t.equal(first.created, true);
  t.match(first.storeId, /^[0-9a-f]{32}$/);
  t.ok(existsSync(first.walPath) && existsSync(first.statePath));
  first.close();
  first.close();
  const again = await openDataFolder(path, identity);
  t.equal(again.created, false);
  t.equal(again.storeId, first.storeId);
  t.equal(again.configurationDigest, first.configurationDigest);
  t.same(again.identity, identity);
  again.close();
});

t.test('the order in which nodes are given does not matter', async (t) => {
  const path = t.testdir();
  (await openDataFolder(path, identity)).close();
  const nodes = [...identity.configuration.nodes].reverse();
  const again = { ...identity, configuration: { ...identity.configuration, nodes } };
  (await openDataFolder(path, again)).close();
});

t.test('two folders have different store ids', async (t) => {
  const path = t.testdir({ a: {}, b: {} });
  const a = await openDataFolder(join(path, 'a'), identity);
  const b = await openDataFolder(join(path, 'b'), identity);
  t.not(a.storeId, b.storeId);
  a.close();
  b.close();
});

t.test('an interrupted first start is taken up again', async (t) => {
  const path = t.testdir();
  (await openDataFolder(path, identity)).close();
  rmSync(join(path, 'node.json'));
  writeFileSync(join(path, 'node.json.tmp'), '{"half');
  const folder = await openDataFolder(path, identity);
  t.equal(folder.created, true);
  folder.close();
});

t.test('refuses what the folder was not made for', async (t) => {
  const path = t.testdir();
  (await openDataFolder(path, identity)).close();
  const { configuration } = identity;
  await refuses(t, path, { ...identity, clusterId: 'x' }, 'other_cluster', /"dev", not "x"/);
  await refuses(t, path, { ...identity, nodeId: 3 }, 'other_node', /belongs to node 2, not 3/);
  const more = { ...identity, configuration: { ...configuration, shards: 13 } };
  await refuses(t, path, more, 'other_configuration', /12 shards, not 13/);
  (await openDataFolder(path, identity)).close();
});

t.test(
  'refuses a file, a foreign folder and a path through a file, and writes nothing',
  async (t) => {
    const path = t.testdir({
      file: 'x',
      foreign: { 'thesis.tex': 'x' },
      wal: { wal: { seg: 'x' } },
    });
    await refuses(t, join(path, 'file'), identity, 'not_a_folder', /it is a file/);
    await refuses(t, join(path, 'file', 'in'), identity, 'folder_unusable', /ENOTDIR/);
    await refuses(t, join(path, 'foreign'), identity, 'foreign_folder', /thesis\.tex/);
    t.notOk(existsSync(join(path, 'foreign', 'lock')));
    await refuses(t, join(path, 'wal'), identity, 'foreign_folder', /\(wal\)/);
  },
);

t.test('refuses a newer format and damaged files', async (t) => {
  const path = t.testdir();
  (await openDataFolder(path, identity)).close();
  const nodeFile = join(path, 'node.json');
  const good = readFileSync(nodeFile);
  const content = (await readDurableJson(nodeFile)) as object;

  await writeDurableJson(nodeFile, { ...content, formatVersion: 2, more: true });
  await refuses(t, path, identity, 'newer_format', /format version is 2, this Kvorum knows 1/);
  await writeDurableJson(nodeFile, { ...content, configurationDigest: 'x' });
  await refuses(t, path, identity, 'damaged_file', /node\.json is damaged: the digest/);
  await writeDurableJson(nodeFile, { formatVersion: 1 });
  await refuses(t, path, identity, 'damaged_file', /storeId/);
  writeFileSync(nodeFile, good.toString().replace('"dev"', '"dew"'));
  await refuses(t, path, identity, 'damaged_file', /checksum/);
  for (const bytes of [
    Buffer.alloc(0),
    good.subarray(0, 50),
    Buffer.from('[]'),
    Buffer.from('1'),
  ]) {
    writeFileSync(nodeFile, bytes);
    await refuses(t, path, identity, 'damaged_file', /node\.json is damaged/);
  }
  writeFileSync(nodeFile, good);
  rmSync(join(path, 'peers.json'));
  await refuses(t, path, identity, 'damaged_file', /peers\.json is damaged: it is missing/);
});

t.test('a second open is refused, also in one process, until the first is closed', async (t) => {
  const path = t.testdir();
  const first = await openDataFolder(path, identity);
  const message = new RegExp(`${path}.*already running there \\(process ${process.pid}\\)`);
  await refuses(t, path, identity, 'in_use', message);
  rmSync(join(path, 'pid'));
  await refuses(t, path, identity, 'in_use', /already running there$/);
  first.close();
  (await openDataFolder(path, identity)).close();
});

t.test('the lock of a process ends with it, also by kill -9', async (t) => {
  const path = t.testdir();
  const holder = await holdElsewhere(t, path);
  const message = new RegExp(`already running there \\(process ${holder.pid}\\)`);
  await refuses(t, path, identity, 'in_use', message);
  const exited = once(holder, 'exit');
  holder.kill('SIGKILL');
  await exited;
  t.ok(existsSync(join(path, 'pid')), 'the pid file outlives it and does not matter');
  const folder: DataFolder = await openDataFolder(path, identity);
  folder.close();
});

t.test('a folder without rights is refused', async (t) => {
  if (process.getuid?.() === 0) return t.comment('skipped: root may write everywhere');
  const path = t.testdir();
  mkdirSync(join(path, 'locked'), { mode: 0o500 });
  await refuses(t, join(path, 'locked'), identity, 'folder_unusable', /cannot be read and written/);
});

t.test('a file system that takes no files is refused', async (t) => {
  if (!existsSync('/proc/self')) return t.comment('skipped: there is no /proc');
  await refuses(t, '/proc/kvorum', identity, 'folder_unusable', /cannot be read and written/);
});

async function refuses(
  t: Test,
  path: string,
  asked: NodeIdentity,
  code: DataFolderErrorCode,
  message: RegExp,
): Promise<void> {
  try {
    (await openDataFolder(path, asked)).close();
    t.fail(`was opened in spite of ${code}`);
  } catch (error) {
    if (!(error instanceof DataFolderError)) throw error;
    t.equal(error.code, code);
    t.match(error.message, message);
  }
}

/** Another process that opens the folder and keeps it. */
async function holdElsewhere(t: Test, path: string): Promise<ChildProcess> {
  const module = new URL('../../src/kv/data-folder.js', import.meta.url).href;
  const script = `
    import { openDataFolder } from ${JSON.stringify(module)};
    await openDataFolder(${JSON.stringify(path)}, ${JSON.stringify(identity)});
    console.log('open');
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}
