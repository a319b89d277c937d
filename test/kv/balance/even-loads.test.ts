import t from 'tap';
import type { ClusterView } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { evenLoads, imbalance } from '../../../src/kv/balance/even-loads.js';
import { makePlan } from '../../../src/kv/balance/make-plan.js';
import {
  execute,
  freshView,
  mebibyte,
  nodeOf,
  nodesOf,
  planned,
  sized,
  voters,
  withNode,
} from './views.js';

const balance = { kind: 'balance' } as const;

function join(view: ClusterView, id: number): ClusterView {
  return { ...view, nodes: [...view.nodes, nodeOf(id)] };
}

t.test('a join moves about 1/N of the replicas, and then the cluster is at rest', async (t) => {
  for (const [count, shards] of [
    [3, 60],
    [4, 60],
    [5, 60],
    [10, 100],
  ] as const) {
    const view = join(freshView({ nodes: nodesOf(count), shards }), count + 1);
    const plan = planned(view, balance);
    const moves = plan.steps.filter(({ kind }) => kind === 'move').length / (3 * shards);
    const ideal = 1 / (count + 1);
    t.ok(moves < 1.3 * ideal && moves > 0.6 * ideal, `${count}: ${moves.toFixed(3)}`);
    const after = execute(view, plan);
    t.equal(makePlan(after, balance).kind, 'nothing');
    t.ok(plan.score.after.busiest < 1.2 && plan.score.after.idlest > 0.7);
  }
});

t.test('measurements that change a little ask for nothing', async (t) => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const base = freshView({ nodes: nodesOf(5), shards: 60 });
  const measured = (spread: number): ClusterView => ({
    ...base,
    shards: base.shards.map((shard) => ({
      ...shard,
      ...sized(200 * mebibyte * (1 + spread * random()), 400 * (1 + spread * random())),
    })),
  });
  for (let round = 0; round < 10; round += 1) {
    t.equal(makePlan(measured(0.2), balance).kind, 'nothing');
  }
});

t.test(
  'a large imbalance of bytes and requests is seen although the counts are even',
  async (t) => {
    const base = freshView({ nodes: nodesOf(6), shards: 48 });
    const onOne = base.shards.filter(({ members }) => members.some(({ node }) => node === 1));
    const view = {
      ...base,
      shards: base.shards.map((shard) => ({
        ...shard,
        ...(onOne.includes(shard) ? sized(2_000 * mebibyte, 4_000) : sized(50 * mebibyte, 100)),
      })),
    };
    t.match(imbalance(new Draft(view)), /Node 1 carries .* its bound is/);
    const plan = planned(view, balance);
    t.ok(plan.score.after.busiest < plan.score.before.busiest - 0.2);
    t.ok(plan.bytes > 0);
  },
);

t.test('moves are towards the target only', async (t) => {
  const view = join(freshView({ nodes: nodesOf(5), shards: 60 }), 6);
  const draft = new Draft(view);
  evenLoads(draft);
  t.ok(draft.steps.length > 0);
  for (const step of draft.steps) {
    if (step.kind !== 'move') continue;
    t.ok(draft.target.voters(step.shard).includes(step.to));
    t.notOk(draft.target.voters(step.shard).includes(step.from));
  }
});

t.test('only what was asked for: from or to these nodes', async (t) => {
  const view = join(join(freshView({ nodes: nodesOf(5), shards: 60 }), 6), 7);
  const plan = planned(view, { kind: 'balance', nodes: [7] });
  const moves = plan.steps.flatMap((step) => (step.kind === 'move' ? [[step.from, step.to]] : []));
  t.ok(moves.length > 0);
  t.ok(moves.every((ends) => ends.includes(7)));
});

t.test('a shard with a voter away, or in a job, is left alone', async (t) => {
  const joined = join(freshView({ nodes: nodesOf(5), shards: 30 }), 6);
  const away = makePlan(withNode(joined, 2, { state: 'suspect' }), balance);
  const steps = away.kind === 'plan' ? away.plan.steps : [];
  const onTwo = joined.shards.filter(({ members }) => members.some(({ node }) => node === 2));
  const moved = steps.flatMap((step) => (step.kind === 'move' ? [step.shard] : []));
  t.notOk(onTwo.some(({ group }) => moved.includes(group)));
  const busy = new Map(joined.shards.map(({ group }) => [group, 'j1']));
  const outcome = makePlan({ ...joined, busy }, balance);
  t.match(outcome, {
    kind: 'nothing',
    because: /carries .* No move that is possible/,
    warnings: [/wait for a job/],
  });
});

t.test('of more pins than replicas none is undone', async (t) => {
  const base = freshView({ nodes: nodesOf(6), shards: 24 });
  const pins = base.shards.flatMap(({ group }) =>
    [1, 2, 3, 6].map((node) => {
      return { id: `p${group}-${node}`, shard: group, node, kind: 'replica' as const };
    }),
  );
  const members = voters(2, 3, 6);
  const shards = base.shards.map((shard) => ({ ...shard, members, preferredLeader: 2 }));
  const outcome = makePlan({ ...base, shards, pins }, balance);
  const steps = outcome.kind === 'plan' ? outcome.plan.steps : [];
  t.same(
    steps.filter(({ kind }) => kind === 'move'),
    [],
  );
  t.match(imbalance(new Draft({ ...base, shards, pins })), /Node 1 carries 0.0/);
});

t.test('a heap is spread, and a pin keeps its replica there', async (t) => {
  const base = freshView({ nodes: nodesOf(6), shards: 24 });
  const view: ClusterView = {
    ...base,
    shards: base.shards.map((shard) => ({
      ...shard,
      members: voters(1, 2, 3),
      preferredLeader: 1,
    })),
    pins: [5, 6, 7].map((shard) => ({ id: `p${shard}`, shard, node: 1, kind: 'replica' })),
  };
  const plan = planned(view, balance);
  t.ok(plan.score.before.busiest > 1.9);
  t.ok(plan.score.after.busiest < 1.2);
  const after = execute(view, plan);
  for (const shard of [5, 6, 7]) {
    const members = after.shards.find(({ group }) => group === shard)?.members ?? [];
    t.ok(members.some(({ node }) => node === 1));
  }
});
