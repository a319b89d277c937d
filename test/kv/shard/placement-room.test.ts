import fc from 'fast-check';
import t from 'tap';
import { PlacementRoom, type RoomNode } from '../../../src/kv/shard/placement-room.js';

interface Situation {
  readonly nodes: readonly RoomNode[];
  readonly replicasPerShard: number;
  readonly zoneReplicasMax: number;
  readonly shards: number;
}

const situation: fc.Arbitrary<Situation> = fc.record({
  nodes: fc.array(fc.record({ zone: fc.constantFrom('a', 'b', 'c'), bound: fc.nat(3) }), {
    minLength: 1,
    maxLength: 5,
  }),
  replicasPerShard: fc.integer({ min: 1, max: 3 }),
  zoneReplicasMax: fc.integer({ min: 1, max: 2 }),
  shards: fc.integer({ min: 1, max: 3 }),
});

t.test('answers as trying every placement of all shards does', async (t) => {
  const seed = Date.now();
  t.comment(`seed ${seed}`);
  let possible = 0;
  fc.assert(
    fc.property(situation, fc.nat(4), (given, pick) => {
      const room = new PlacementRoom(given.nodes, given);
      const partial = room.fits([], pick) ? [pick] : [];
      const answer = room.leavesEnough(partial, given.shards - 1);
      if (answer) possible += 1;
      t.equal(answer, canPlace(given, partial));
    }),
    { seed, numRuns: 500 },
  );
  t.ok(possible > 50, `${possible} of 500 were possible`);
});

/** Brute force: one choice for the first shard that contains `partial`, then any for the rest. */
function canPlace(given: Situation, partial: readonly number[]): boolean {
  return place(
    given.shards,
    given.nodes.map((node) => node.bound),
    partial,
  );

  function place(shardsLeft: number, left: readonly number[], must: readonly number[]): boolean {
    if (shardsLeft === 0) return true;
    return choices(left).some(
      (choice) =>
        must.every((node) => choice.includes(node)) &&
        place(
          shardsLeft - 1,
          left.map((count, node) => (choice.includes(node) ? count - 1 : count)),
          [],
        ),
    );
  }

  function choices(left: readonly number[]): number[][] {
    const subsets: number[][] = [];
    for (let bits = 0; bits < 2 ** left.length; bits += 1) {
      const chosen = left.flatMap((_, node) => ((bits >> node) & 1 ? [node] : []));
      const zones = chosen.map((node) => given.nodes[node]?.zone);
      const perZone = Math.max(0, ...zones.map((zone) => zones.filter((z) => z === zone).length));
      const fits = chosen.every((node) => (left[node] ?? 0) > 0);
      const rightSize = chosen.length === given.replicasPerShard;
      if (fits && rightSize && perZone <= given.zoneReplicasMax) subsets.push(chosen);
    }
    return subsets;
  }
}
