/** Views of the cluster: immutable, read anew only where something changed, strict. */
import t from 'tap';
import { ClusterDocumentError, ClusterView } from '../../../src/kv/meta/cluster-view.js';
import { initialDocuments } from '../../../src/kv/meta/initial-cluster.js';
import { initialShardMap } from '../../../src/kv/shard/shard-map.js';

const nodes = [1, 2, 3].map((id) => ({ id, zone: `z${id}`, weight: 1 }));
const configuration = { nodes, shards: 2, replicas: 3 } as const;

function view(): ClusterView {
  const documents = initialDocuments(configuration, initialShardMap(configuration).map);
  return ClusterView.of(
    documents.map((document) => ({ ...document, revision: 1 })),
    1,
  );
}

const changed = (name: string, value: unknown) =>
  new Map([[name, value === undefined ? undefined : { name, revision: 2, value }]]);

t.test('a change is another view; what it did not touch is the same object', async (t) => {
  const before = view();
  const first = before.nodes.get(1);
  const after = before.with(changed('nodes/1', { ...first, weight: 3 }), 2);
  t.equal(after.nodes.get(1)?.weight, 3);
  t.equal(before.nodes.get(1)?.weight, 1);
  t.equal(after.shards, before.shards);
  t.equal(after.shardMap, before.shardMap);
  t.equal(after.revisionOf('nodes/1'), 2);
  t.equal(after.revisionOf('nodes/9'), 0);
  const without = after.with(changed('nodes/3', undefined), 3);
  t.same([...without.nodes.keys()], [1, 2]);
});

t.test('the map follows the shards, and no view has one with a gap', async (t) => {
  const before = view();
  const shard = before.shards.get(2);
  const learner = { node: 9, replica: 4, role: 'learner' };
  const moved = { ...shard, members: [...(shard?.members ?? []), learner] };
  const after = before.with(changed('shards/2', moved), 2);
  t.not(after.shardMap, before.shardMap);
  t.equal(after.shardMap.shard(2)?.members.length, 3, 'a learner is not routed to');
  t.throws(() => before.with(changed('shards/2', undefined), 2), ClusterDocumentError);
});

t.test('fields of a newer version are kept, nonsense is named', async (t) => {
  const before = view();
  const newer = { ...before.nodes.get(1), mood: 'good' };
  t.equal(before.with(changed('nodes/1', newer), 2).nodes.get(1)?.['mood'], 'good');
  const wrong = changed('nodes/1', { ...newer, weight: 'heavy' });
  t.throws(() => before.with(wrong, 2), ClusterDocumentError);
  t.throws(() => before.with(wrong, 2), /nodes\/1.*weight/s);
  t.throws(() => before.with(changed('map', undefined), 2), /"map"/);
});
