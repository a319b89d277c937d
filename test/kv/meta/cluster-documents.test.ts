/** Documents are read strictly where a field decides something, and keep what is newer. */
import t from 'tap';
import {
  documentNames,
  mapDocument,
  nodeDocument,
  settingsDocument,
  shardDocument,
} from '../../../src/kv/meta/cluster-documents.js';

const node = {
  ...{ id: 1, peerAddress: 'a:1', httpAddress: 'a:2', zone: 'z', weight: 1, version: '1' },
  ...{ state: 'up', stateSinceMs: 0, draining: false },
};
const shard = {
  ...{ group: 1, range: { start: 0, end: 2 ** 32 }, epoch: { range: 1, members: 1 } },
  ...{ ringPosition: 5, preferredLeader: 1 },
  members: [{ node: 1, replica: 1, role: 'voter' }],
};

t.test('names', async (t) => {
  t.equal(documentNames.node(7), 'nodes/7');
  t.equal(documentNames.shard(7), 'shards/7');
});

t.test('what is right, with more than this version knows', async (t) => {
  t.same(nodeDocument.parse({ ...node, newer: 1 }), { ...node, newer: 1 });
  t.same(shardDocument.parse({ ...shard, newer: 1 }), { ...shard, newer: 1 });
  t.ok(mapDocument.safeParse({ epoch: 1, nextGroup: 2 }).success);
  t.ok(settingsDocument.safeParse({ replicas: 3, deadAfterMs: 0 }).success);
});

t.test('what is wrong', async (t) => {
  for (const change of [
    { id: 0 },
    { id: 70_000 },
    { weight: 0 },
    { state: 'away' },
    { zone: '' },
  ]) {
    t.notOk(nodeDocument.safeParse({ ...node, ...change }).success, JSON.stringify(change));
  }
  const noMembers = { members: [] };
  const beyond = { range: { start: 0, end: 2 ** 32 + 1 } };
  for (const change of [{ group: 0 }, noMembers, beyond, { ringPosition: -1 }]) {
    t.notOk(shardDocument.safeParse({ ...shard, ...change }).success, JSON.stringify(change));
  }
  t.notOk(mapDocument.safeParse({ epoch: 0, nextGroup: 2 }).success);
  t.notOk(settingsDocument.safeParse({ replicas: 2, deadAfterMs: 0 }).success);
});
