/** The groups that a node begins with. */
import t from 'tap';
import type { KvNodeParts } from '../../src/kv/node-parts.js';
import { initialShardMap } from '../../src/kv/shard/shard-map.js';
import { NodeDataError, startGroups } from '../../src/kv/start-groups.js';
import type { Recovered, RecoveredGroup } from '../../src/raft/wal/types.js';
import { FakeWal } from '../raft/fake-wal.js';

const nodes = [1, 2, 3].map((id) => ({ id, zone: `${id}`, weight: 1 }));
const configuration = { nodes, shards: 2, replicas: 3 } as const;
const { map } = initialShardMap(configuration);

function parts(more: Partial<KvNodeParts> = {}) {
  const wal = new FakeWal();
  const base = {
    node: 1,
    configuration,
    map,
    wal,
    store: { shards: () => [] },
    metPeers: false,
    walPath: '/wal',
  };
  return { wal, parts: { ...base, ...more } as unknown as KvNodeParts };
}

const nothing: Recovered = { groups: [], tombstones: new Map(), fresh: true };
const later = (found: Partial<Recovered>): Recovered => ({ ...nothing, fresh: false, ...found });
const group = (id: number, index: number, members = 3): RecoveredGroup => ({
  group: id,
  replica: 1,
  hardState: { term: 1, vote: 0, commit: 0 },
  mark: {
    index,
    term: index === 0 ? 0 : 1,
    configuration: {
      voters: map.shards[0]?.members.slice(0, members) ?? [],
      ...{ outgoing: [], learners: [], learnersNext: [], autoLeave: false },
      nextReplica: members === 0 ? 0 : 4,
    },
  },
  ...{ lastIndex: index, terms: [], configurations: [] },
});

t.test('at the first start those of the map, in the log first', async (t) => {
  const { wal, parts: given } = parts();
  const { recovered, births, first } = await startGroups(given, nothing);
  t.ok(first);
  t.match(wal.batches[0]?.created, [
    { group: 0, replica: 1, mark: { configuration: { nextReplica: 4 } } },
    { group: 1, replica: 1, mark: { configuration: { nextReplica: 4 } } },
    { group: 2 },
  ]);
  t.equal(recovered.groups.length, 3);
  t.match(births, [{ group: 0, revision: 1 }, { group: 1 }, { group: 2 }]);
  t.ok(births[0]?.documents?.some(({ name }) => name === 'shards/2'));
});

t.test('later what the log says, whatever the map says', async (t) => {
  const { wal, parts: given } = parts({ metPeers: true });
  const found = later({ groups: [group(0, 7), group(1, 50)], tombstones: new Map([[2, 2]]) });
  const { recovered, births, first } = await startGroups(given, found);
  t.equal(recovered, found);
  t.same(births, [], 'a log that begins later got its state elsewhere; a removed shard has none');
  t.notOk(first);
  t.equal(wal.batches.length, 0);
});

t.test('a replica that knows no members yet gets no empty state', async (t) => {
  const { parts: given } = parts({ metPeers: true });
  const found = later({ groups: [group(0, 7), group(1, 0, 0), group(2, 0)] });
  const { births } = await startGroups(given, found);
  t.match(births, [{ group: 2 }]);
  t.equal(births.length, 1);
});

t.test('B5, sys 25: a log that is gone stops the start', async (t) => {
  const met = parts({ metPeers: true }).parts;
  await t.rejects(startGroups(met, nothing), NodeDataError);
  await t.rejects(startGroups(met, later({})), NodeDataError, 'it held shards');
  const store = { shards: () => [{ group: 1 }] } as unknown as KvNodeParts['store'];
  await t.rejects(startGroups(parts({ store }).parts, nothing), /holds no log/);
});

t.test('sys 25: so it does on a node that has no shard, for it has the meta group', async (t) => {
  const nodes = [1, 2, 3, 4].map((id) => ({ id, zone: `${id}`, weight: 1 }));
  const four = { node: 4, configuration: { ...configuration, nodes } };
  await t.rejects(startGroups(parts({ ...four, metPeers: true }).parts, nothing), NodeDataError);
  const { births } = await startGroups(parts(four).parts, later({}));
  t.match(births, [{ group: 0 }], 'a log that is there and empty has promised nothing yet');
  t.equal(births.length, 1);
});

t.test('a log from before there was a meta group gets one', async (t) => {
  const { wal, parts: given } = parts({ metPeers: true });
  const found = later({ groups: [group(1, 50), group(2, 0)] });
  const { recovered, births, first } = await startGroups(given, found);
  t.match(wal.batches[0]?.created, [{ group: 0 }]);
  t.equal(wal.batches[0]?.created.length, 1);
  t.equal(recovered.groups.length, 3);
  t.match(births, [{ group: 0 }, { group: 2 }]);
  t.notOk(first);
  const removed = later({ ...found, tombstones: new Map([[0, 2]]) });
  t.equal((await startGroups(parts().parts, removed)).recovered, removed, 'but not twice');
});

t.test('a log that lacks a shard without a tombstone stops the start', async (t) => {
  const { parts: given } = parts({ metPeers: true });
  await t.rejects(startGroups(given, later({ groups: [group(1, 5)] })), /nothing of shard 2/);
});
