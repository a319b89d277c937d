import fc from 'fast-check';
import t from 'tap';
import { hashBytes } from '../../../src/kv/shard/hash.js';
import { place } from '../../../src/kv/shard/placement.js';
import { clusterOf, countBy, placementInput } from './clusters.js';

const seed = Date.now();
t.comment(`seed ${seed}`);

t.test('each shard has distinct nodes, zones apart, no node above its bound', async () => {
  fc.assert(
    fc.property(placementInput, (input) => {
      const { assignments, bounds, zoneReplicasMax } = place(input);
      const zoneOf = new Map(input.nodes.map((node) => [node.id, node.zone]));
      const zones = new Set(zoneOf.values()).size;
      const loads = countBy(assignments.flat());
      return (
        assignments.length === input.ringPositions.length &&
        assignments.every((members) => {
          const perZone = countBy(members.map((node) => zoneOf.get(node)));
          return (
            members.length === input.replicasPerShard &&
            new Set(members).size === members.length &&
            Math.max(...perZone.values()) <= zoneReplicasMax
          );
        }) &&
        (zones < input.replicasPerShard || zoneReplicasMax === 1) &&
        input.nodes.every(({ id }, index) => (loads.get(id) ?? 0) <= (bounds[index] ?? 0))
      );
    }),
    { seed, numRuns: 400 },
  );
});

t.test('bounds are ceil(1.1 x average) where zones and weights are even', async (t) => {
  const bounds = (nodes: number, shards: number) =>
    new Set(place({ ...clusterOf(nodes), ringPositions: positions(shards) }).bounds);
  t.same([...bounds(5, 12)], [8], '36 replicas on 5 nodes: 7.2');
  t.same([...bounds(6, 20)], [11], '10 on each, and 1.1 x 10 is 11 and not a little more');
  t.same([...bounds(3, 12)], [12], 'never more than one replica of each shard');
});

t.test('weights decide the bound as far as a node has no shard twice', async (t) => {
  const nodes = [1, 1, 1, 1, 6].map((weight, index) => ({
    id: index + 1,
    zone: `${index}`,
    weight,
  }));
  const { bounds, assignments } = place({
    nodes,
    ringPositions: positions(40),
    replicasPerShard: 3,
  });
  t.equal(bounds[4], 40, 'the heavy node is full with one replica of each shard');
  t.same(bounds.slice(0, 4), [22, 22, 22, 22], 'the others share the remaining 80');
  t.equal(assignments.flat().filter((node) => node === 5).length > 30, true);
});

t.test('the last shards find room where the plain rule would get stuck', async (t) => {
  // One place for all shards: without looking ahead the same three nodes fill up first.
  const ringPositions = new Array<number>(12).fill(12_345);
  const { assignments, bounds } = place({ ...clusterOf(4), ringPositions });
  t.same(bounds, [10, 10, 10, 10]);
  t.ok(assignments.every((members) => new Set(members).size === 3));
  t.ok([...countBy(assignments.flat()).values()].every((load) => load <= 10));
});

t.test('required nodes count against the bound, and the excluded take nothing', async (t) => {
  const ringPositions = positions(12);
  const at = (shards: readonly number[], excluded: readonly number[]) => {
    const wishes = new Map(shards.map((shard) => [shard, { required: [5], excluded }]));
    return place({ ...clusterOf(5), ringPositions, wishes });
  };
  const late = at([8, 9, 10, 11], []);
  t.same(late.bounds, [8, 8, 8, 8, 8]);
  t.ok([...countBy(late.assignments.flat()).values()].every((load) => load <= 8));
  t.ok(late.assignments.slice(8).every((members) => members.includes(5)));
  const all = at([...ringPositions.keys()], [1]);
  t.equal(all.bounds[4], 12, 'what must be has room');
  t.ok(all.assignments.every((members) => members.length === 3 && members.includes(5)));
  t.notOk(all.assignments.flat().includes(1));
});

t.test('a join and a leave move about 1/N of the replicas', async (t) => {
  for (const count of [5, 10, 20]) {
    let movedOnJoin = 0;
    let movedOnLeave = 0;
    const trials = 10;
    for (let trial = 0; trial < trials; trial += 1) {
      const { nodes, replicasPerShard } = clusterOf(count + 1, trial * 100);
      const at = (some: typeof nodes) =>
        place({ nodes: some, ringPositions: positions(count * 10), replicasPerShard }).assignments;
      const before = at(nodes.slice(0, -1));
      movedOnJoin += moved(before, at(nodes)) / trials;
      movedOnLeave += moved(before, at(nodes.slice(1, -1))) / trials;
    }
    t.ok(movedOnJoin < 1.5 / (count + 1), `join to ${count}: ${movedOnJoin.toFixed(3)}`);
    t.ok(movedOnJoin > 0.7 / (count + 1), 'and the new node has its part');
    t.ok(movedOnLeave < 1.5 / count, `leave of ${count}: ${movedOnLeave.toFixed(3)}`);
  }
});

function positions(shards: number): number[] {
  return Array.from({ length: shards }, (_, index) => hashBytes(Buffer.from(`shard/${index + 1}`)));
}

function moved(before: readonly (readonly number[])[], after: readonly (readonly number[])[]) {
  const arrived = after.flatMap((members, shard) =>
    members.filter((node) => !before[shard]?.includes(node)),
  );
  return arrived.length / after.flat().length;
}
