import t from 'tap';
import { votersOf } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { makePlan } from '../../../src/kv/balance/make-plan.js';
import { spreadOverZones } from '../../../src/kv/balance/zone-spread.js';
import {
  execute,
  freshView,
  nodesOf,
  planned,
  refused,
  voters,
  withNode,
  withShard,
} from './views.js';

const goal = { kind: 'zone-spread' } as const;
// Zones z1: 1 and 4; z2: 2 and 5; z3: 3 and 6.
const view = freshView({ nodes: nodesOf(6, 3), shards: 12 });

t.test('replicas in one zone are parted, and nothing else moves', async (t) => {
  const crowded = withShard(view, 3, { members: voters(1, 2, 4), preferredLeader: 1 });
  const plan = planned(crowded, goal);
  t.match(plan.score, { before: { zoneConflicts: 1 }, after: { zoneConflicts: 0 } });
  t.same(
    plan.steps.filter(({ kind }) => kind === 'move').map((step) => 'shard' in step && step.shard),
    [3],
  );
  t.equal(makePlan(execute(crowded, plan), goal).kind, 'nothing');
  t.equal(makePlan(view, goal).kind, 'nothing');
});

t.test('a pinned replica stays and the other one goes', async (t) => {
  const crowded = withShard(view, 3, { members: voters(1, 2, 4), preferredLeader: 2 });
  for (const node of [1, 4]) {
    const pins = [{ id: 'p1', shard: 3, node, kind: 'replica' as const }];
    const after = execute({ ...crowded, pins }, planned({ ...crowded, pins }, goal));
    const shard = after.shards.find(({ group }) => group === 3);
    t.ok(shard && votersOf(shard).includes(node));
  }
  const pins = [1, 4].map((node) => ({ id: `p${node}`, shard: 3, node, kind: 'replica' as const }));
  t.match(makePlan({ ...crowded, pins }, goal), { kind: 'nothing', warnings: [/none can move/] });
});

t.test('what the zones cannot give is refused, with what would help', async (t) => {
  const two = freshView({ nodes: nodesOf(6, 2), shards: 12 });
  t.match(refused(two, goal), {
    code: 'too_few_zones',
    reason: /need 3 zones with a node; there are 2 \(z1, z2\)/,
    next: /Add a node in another zone/,
  });
  const heaped = withShard(two, 3, { members: voters(1, 3, 5), preferredLeader: 1 });
  t.match(planned(heaped, goal).warnings, [/does what can be done/], 'at least not all in one');
});

t.test('a shard with a voter away waits', async (t) => {
  const crowded = withShard(view, 3, { members: voters(1, 2, 4), preferredLeader: 1 });
  const draft = new Draft(withNode(crowded, 2, { state: 'suspect' }));
  t.equal(spreadOverZones(draft), undefined);
  t.same(draft.steps, []);
  t.match(draft.warnings, [/Shard 3 is left out: Node 2 is suspect/]);
});
