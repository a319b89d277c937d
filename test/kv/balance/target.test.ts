import fc from 'fast-check';
import t from 'tap';
import { type ClusterView, votersOf } from '../../../src/kv/balance/cluster-view.js';
import { Target } from '../../../src/kv/balance/target.js';
import { disorderlyView, freshView, mebibyte, nodesOf, sized, voters, withNode } from './views.js';

const seed = Date.now() % 2 ** 31;
t.comment(`seed ${seed}`);

t.test('without measurements it is where the first map places the shards', async (t) => {
  for (const [nodes, shards] of [
    [3, 12],
    [4, 12],
    [5, 12],
    [10, 100],
  ] as const) {
    const view = freshView({ nodes: nodesOf(nodes), shards });
    const target = new Target(view);
    for (const shard of view.shards) {
      t.same([...target.voters(shard.group)].sort(ascending), votersOf(shard));
    }
  }
});

t.test('it does not depend on where the shards are', async (t) => {
  const view = freshView({ nodes: nodesOf(5), shards: 12 });
  const members = voters(1, 2, 3);
  const heaped = { ...view, shards: view.shards.map((shard) => ({ ...shard, members })) };
  t.same(assignments(heaped), assignments(view));
});

t.test('a join and a leave move about 1/N of the replicas, of uneven shards too', async (t) => {
  for (const count of [5, 20]) {
    const view = unevenView(count + 1, count * 10);
    const last = count + 1;
    const before = assignments(withNode(view, last, { draining: true }));
    const joined = moved(before, assignments(view));
    t.ok(joined < 1.6 / last, `join: ${joined.toFixed(3)} of ${(1 / last).toFixed(3)}`);
    t.ok(joined > 0.6 / last, 'the new node has its part');
    const leave = moved(assignments(view), assignments(withNode(view, 2, { draining: true })));
    t.ok(leave < 1.8 / last, `leave: ${leave.toFixed(3)}`);
  }
});

t.test('uneven shards are spread by their weight', async (t) => {
  for (const count of [5, 10]) {
    const even = freshView({ nodes: nodesOf(count), shards: count * 12 });
    // Where the first node stands on the ring every shard is heavy.
    const onFirst = new Set(even.shards.filter((shard) => votersOf(shard).includes(1)));
    const shards = even.shards.map((shard) => ({
      ...shard,
      ...(onFirst.has(shard) ? sized(900 * mebibyte, 900) : sized(0)),
    }));
    const view = { ...even, shards };
    const target = new Target(view);
    const fills = view.nodes.map(({ id }) => target.load(id) / target.model.room(id).share);
    t.ok(Math.max(...fills) < 1.2, `${count} nodes: ${Math.max(...fills).toFixed(2)}`);
  }
});

t.test('pins, zones and bounds hold in any cluster', async () => {
  fc.assert(
    fc.property(disorderlyView, (view) => {
      const target = new Target(view);
      const { model } = target;
      const eligible = new Set(model.eligible.map((node) => node.id));
      const zoneOf = new Map(view.nodes.map((node) => [node.id, node.zone]));
      return view.shards.every((shard) => {
        const nodes = target.voters(shard.group);
        const pins = view.pins.filter((pin) => pin.shard === shard.group);
        const off = pins.filter((pin) => pin.kind === 'no-replica').map((pin) => pin.node);
        const on = pins
          .filter((pin) => pin.kind !== 'no-replica' && eligible.has(pin.node))
          .map((pin) => pin.node)
          .filter((node) => !off.includes(node));
        const zones = nodes.map((node) => zoneOf.get(node));
        const crowded = zones.some(
          (zone) => zones.filter((other) => other === zone).length > model.zoneReplicasMax,
        );
        return (
          new Set(nodes).size === nodes.length &&
          nodes.every((node) => eligible.has(node) && !off.includes(node)) &&
          (pins.length > 0 || nodes.length === model.replicasPossible) &&
          (pins.length > 0 || !crowded) &&
          (new Set(on).size > model.replicasPossible || on.every((node) => nodes.includes(node)))
        );
      });
    }),
    { seed, numRuns: 300 },
  );
});

function unevenView(nodes: number, shards: number): ClusterView {
  const view = freshView({ nodes: nodesOf(nodes), shards });
  const sizes = [0, 50, 100, 100, 200, 800];
  return {
    ...view,
    shards: view.shards.map((shard) => {
      const size = sizes[(shard.group * 7) % sizes.length] ?? 0;
      return { ...shard, ...sized(size * mebibyte, size) };
    }),
  };
}

function assignments(view: ClusterView): (readonly number[])[] {
  const target = new Target(view);
  return view.shards.map((shard) => target.voters(shard.group));
}

function moved(before: readonly (readonly number[])[], after: readonly (readonly number[])[]) {
  const arrived = after.flatMap((nodes, shard) =>
    nodes.filter((node) => !before[shard]?.includes(node)),
  );
  return arrived.length / after.flat().length;
}

function ascending(a: number, b: number): number {
  return a - b;
}
