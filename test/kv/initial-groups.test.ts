/** The groups of a first start: every node has the meta group, and its shards. */
import t from 'tap';
import { initialGroups } from '../../src/kv/initial-groups.js';
import { initialShardMap } from '../../src/kv/shard/shard-map.js';

const nodes = [1, 2, 3, 4].map((id) => ({ id, zone: `${id}`, weight: 1 }));
const configuration = { nodes, shards: 2, replicas: 3 } as const;
const { map } = initialShardMap(configuration);
const groupsOf = (node: number) => initialGroups({ node, configuration, map });

t.test('the meta group first, on every node under its own replica id', async (t) => {
  for (const { id } of nodes) {
    const [meta, ...shards] = groupsOf(id);
    t.match(meta, { group: 0, replica: id, birth: { revision: 1, applied: 0 } });
    t.same(
      shards.map(({ group }) => group),
      map.heldBy(id).map(({ group }) => group),
    );
  }
});

t.test('what two nodes say of a group is the same, but for their own replica', async (t) => {
  const of = (node: number, group: number) => groupsOf(node).find((one) => one.group === group);
  for (const group of [0, 1, 2]) {
    const said = nodes.flatMap(({ id }) => of(id, group) ?? []);
    t.ok(said.length > 1);
    for (const { configuration, birth } of said) {
      t.same(configuration, said[0]?.configuration);
      t.same(birth, said[0]?.birth);
    }
    t.equal(new Set(said.map(({ replica }) => replica)).size, said.length);
  }
});
