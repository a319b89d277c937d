import fc from 'fast-check';
import t from 'tap';
import { ZodError } from 'zod';
import type { ClusterConfiguration } from '../../../src/kv/cluster-configuration.js';
import { coverDefect } from '../../../src/kv/shard/range.js';
import { initialShardMap, ShardMap, type ShardMapJson } from '../../../src/kv/shard/shard-map.js';
import { clusterOf } from './clusters.js';

const seed = Date.now();
t.comment(`seed ${seed}`);

function configurationOf(
  nodes: number,
  shards = 12,
  replicas: 1 | 3 | 5 = 3,
): ClusterConfiguration {
  return { nodes: clusterOf(nodes).nodes, shards, replicas };
}

t.test('three nodes and twelve shards: everybody holds all and leads four', async (t) => {
  const { map, lacks } = initialShardMap(configurationOf(3));
  t.same(lacks, []);
  t.equal(map.version, 1);
  t.same(
    map.shards.map((shard) => shard.group),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
  );
  for (const shard of map.shards) {
    t.same(shard.members, [
      { node: 1, replica: 1 },
      { node: 2, replica: 2 },
      { node: 3, replica: 3 },
    ]);
  }
  for (const node of [1, 2, 3]) {
    t.equal(map.heldBy(node).length, 12);
    t.equal(map.shards.filter((shard) => shard.preferredLeader === node).length, 4);
  }
  t.same(map.heldBy(4), []);
});

t.test('finds by hash the one shard whose range contains it', async () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { maxLength: 60 }),
      fc.array(fc.nat(2 ** 32 - 1), { minLength: 50, maxLength: 50 }),
      (borders, hashes) => {
        const map = mapWithBorders(borders);
        const edges = map.shards.flatMap(({ range }) => [range.start, range.end - 1]);
        return [...hashes, ...edges].every((hash) => {
          const { range } = map.shardOf(hash);
          return range.start <= hash && hash < range.end;
        });
      },
    ),
    { seed },
  );
});

t.test('is the same whatever the order of the nodes, also in its digest', async (t) => {
  const configuration = configurationOf(7, 40);
  const backwards = { ...configuration, nodes: [...configuration.nodes].reverse() };
  const { map } = initialShardMap(configuration);
  t.same(initialShardMap(backwards).map.toJSON(), map.toJSON());
  t.equal(initialShardMap(backwards).map.digest, map.digest);
});

t.test('the digest tells another cluster apart', async (t) => {
  const digests = [
    configurationOf(3),
    configurationOf(4),
    configurationOf(3, 13),
    configurationOf(3, 12, 1),
  ].map((configuration) => initialShardMap(configuration).map.digest);
  t.equal(new Set(digests).size, digests.length);
});

t.test('the placement of a known cluster is pinned: nodes of two builds must agree', async (t) => {
  t.equal(
    initialShardMap(configurationOf(5)).map.digest,
    '54c657d9d3fbbaa49df090d4c39633feaf8e88cbad09714a24b146a38e7040fd',
  );
});

t.test('goes through JSON and back', async (t) => {
  const { map } = initialShardMap(configurationOf(5));
  const read = ShardMap.fromJSON(JSON.parse(JSON.stringify(map)));
  t.same(read.toJSON(), map.toJSON());
  t.equal(read.digest, map.digest);
  t.equal(read.shard(3)?.group, 3);
  t.equal(read.shard(13), undefined);
});

t.test('refuses JSON that is no map, and says why', async (t) => {
  const good = initialShardMap(configurationOf(3, 2)).map.toJSON();
  const [first, second] = good.shards;
  if (first === undefined || second === undefined) throw new Error('two shards were asked for');
  const refuses = (shards: ShardMapJson['shards'], why: RegExp) => {
    try {
      ShardMap.fromJSON({ version: 1, shards });
      t.fail(`took ${why}`);
    } catch (error) {
      t.ok(error instanceof ZodError);
      t.match(String(error), why);
    }
  };
  refuses([first], /in no range/);
  refuses([first, { ...second, group: first.group }], /a group serves two shards/);
  refuses([second, first], /in no range/);
  refuses([first, { ...second, preferredLeader: 9 }], /holds no replica/);
  const twice = { ...second, members: [...second.members, { node: 1, replica: 9 }] };
  refuses([first, twice], /two replicas of one shard/);
  const sameReplica = { ...second, members: [...second.members, { node: 9, replica: 1 }] };
  refuses([first, sameReplica], /a replica id occurs twice/);
  t.throws(() => ShardMap.fromJSON({ version: 1, shards: good.shards, more: 1 }), ZodError);
});

t.test('says where the cluster gives less than was asked for', async (t) => {
  const lacks = (configuration: ClusterConfiguration) => initialShardMap(configuration).lacks;
  t.match(lacks(configurationOf(1)), [/3 replicas were asked for, but with 1 node/]);
  t.match(lacks(configurationOf(2)), [/a shard has 2/, /loss of either node/]);
  t.same(lacks(configurationOf(1, 12, 1)), []);
  const oneZone = clusterOf(3).nodes.map((node) => ({ ...node, zone: 'a' }));
  t.match(lacks({ ...configurationOf(3), nodes: oneZone }), [
    /1 zone\(s\) for 3 replicas: one zone holds up to 3/,
  ]);
});

t.test('ranges of any configuration cover the hash space', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 9 }),
      (shards, nodes) => {
        const { map } = initialShardMap(configurationOf(nodes, shards));
        return coverDefect(map.shards.map((shard) => shard.range)) === undefined;
      },
    ),
    { seed, numRuns: 50 },
  );
});

/** A map with shards between any borders; one node holds all. */
function mapWithBorders(borders: readonly number[]): ShardMap {
  const starts = [0, ...[...borders].sort((a, b) => a - b)];
  return new ShardMap(
    1,
    starts.map((start, index) => ({
      group: index + 1,
      range: { start, end: starts[index + 1] ?? 2 ** 32 },
      members: [{ node: 1, replica: 1 }],
      ringPosition: 0,
      preferredLeader: 1,
    })),
  );
}
