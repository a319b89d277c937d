import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DamagedFile, writeDurableJson } from '../../src/kv/durable-json.js';
import { IdentityConflict, PeerIdentitiesFile } from '../../src/kv/peer-identities.js';

const storeId = (digit: string) => digit.repeat(32);

t.test('remembers across openings', async (t) => {
  const path = join(t.testdir(), 'peers.json');
  await PeerIdentitiesFile.create(path);
  const peers = await PeerIdentitiesFile.open(path);
  t.equal(peers.known(2), undefined);
  await peers.remember(2, storeId('a'));
  await peers.remember(65_535, storeId('b'));
  await peers.remember(2, storeId('a'));
  const again = await PeerIdentitiesFile.open(path);
  t.equal(again.known(2), storeId('a'));
  t.equal(again.known(65_535), storeId('b'));
});

t.test('a known id with another store is refused, for ever', async (t) => {
  const path = join(t.testdir(), 'peers.json');
  await PeerIdentitiesFile.create(path);
  const peers = await PeerIdentitiesFile.open(path);
  await peers.remember(2, storeId('a'));
  await t.rejects(peers.remember(2, storeId('b')), IdentityConflict);
  const again = await PeerIdentitiesFile.open(path);
  await t.rejects(again.remember(2, storeId('b')), IdentityConflict);
  t.equal(again.known(2), storeId('a'));
});

t.test('is known only when durable, and the first of two at once wins', async (t) => {
  const path = join(t.testdir(), 'peers.json');
  await PeerIdentitiesFile.create(path);
  const peers = await PeerIdentitiesFile.open(path);
  const first = peers.remember(2, storeId('a'));
  const second = peers.remember(2, storeId('b'));
  const same = peers.remember(2, storeId('a'));
  const other = peers.remember(3, storeId('c'));
  t.equal(peers.known(2), undefined);
  await t.rejects(second, IdentityConflict);
  await same;
  t.match(readFileSync(path, 'utf8'), storeId('a'));
  t.equal(peers.known(2), storeId('a'));
  await Promise.all([first, other]);
  const again = await PeerIdentitiesFile.open(path);
  t.same([again.known(2), again.known(3)], [storeId('a'), storeId('c')]);
});

t.test('a failed write rejects, forgets, and the next attempt can succeed', async (t) => {
  const folder = t.testdir({ peers: {} });
  const path = join(folder, 'peers', 'peers.json');
  await PeerIdentitiesFile.create(path);
  const peers = await PeerIdentitiesFile.open(path);
  rmSync(join(folder, 'peers'), { recursive: true });
  await t.rejects(peers.remember(2, storeId('a')), { code: 'ENOENT' });
  t.equal(peers.known(2), undefined);
  t.testdir({ peers: {} });
  await peers.remember(2, storeId('b'));
  t.equal(peers.known(2), storeId('b'));
});

t.test('a missing, damaged or strange file is an error', async (t) => {
  const path = join(t.testdir(), 'peers.json');
  await t.rejects(PeerIdentitiesFile.open(path), DamagedFile);
  await PeerIdentitiesFile.create(path);
  await (await PeerIdentitiesFile.open(path)).remember(2, storeId('a'));
  writeFileSync(path, readFileSync(path, 'utf8').replace('aaaa', 'aaab'));
  await t.rejects(PeerIdentitiesFile.open(path), /checksum/);
  await writeDurableJson(path, { formatVersion: 1, peers: [{ node: 0, storeId: storeId('a') }] });
  await t.rejects(PeerIdentitiesFile.open(path), DamagedFile);
});
