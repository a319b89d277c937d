import t from 'tap';
import { type ClusterView, learnersOf, votersOf } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { fillUp, moveAway } from '../../../src/kv/balance/fill-up.js';
import { makePlan } from '../../../src/kv/balance/make-plan.js';
import {
  execute,
  freshView,
  minute,
  nodesOf,
  now,
  planned,
  refused,
  shardOf,
  voters,
  withNode,
  withShard,
} from './views.js';

const view = freshView({ nodes: nodesOf(5), shards: 20 });
const repair = { kind: 'repair' } as const;
const dead = (minutes: number) => ({
  state: 'dead' as const,
  stateSinceMs: now - minutes * minute,
});

t.test('what a dead node held is rebuilt, what a suspect one holds is not', async (t) => {
  t.equal(makePlan(withNode(view, 2, { state: 'suspect' }), repair).kind, 'nothing');
  const gone = withNode(view, 2, dead(11));
  const plan = planned(gone, repair);
  const held = view.shards.filter((shard) => votersOf(shard).includes(2));
  const moves = plan.steps.filter((step) => step.kind === 'move');
  t.equal(moves.length, held.length, 'nothing else moves');
  t.ok(moves.every((step) => step.kind === 'move' && step.from === 2));
  t.match(plan.score, {
    before: { misplacedReplicas: held.length },
    after: { misplacedReplicas: 0 },
  });
  t.equal(plan.healthyVotersMin, 2, 'while a leader is chosen, two of three are up');
  t.equal(makePlan(execute(gone, plan), repair).kind, 'nothing');
});

t.test('a zone that is dead is rebuilt in the others', async (t) => {
  const zoned = freshView({ nodes: nodesOf(9, 3), shards: 30 });
  let lost = zoned;
  for (const id of [1, 4, 7]) lost = withNode(lost, id, dead(30));
  const after = execute(lost, planned(lost, repair));
  for (const shard of after.shards) {
    const nodes = votersOf(shard);
    t.equal(nodes.length, 3);
    t.notOk(nodes.some((node) => [1, 4, 7].includes(node)));
  }
});

t.test('without a free node the replicas wait where they are', async (t) => {
  const three = withNode(freshView({ nodes: nodesOf(3), shards: 6 }), 2, dead(30));
  const outcome = makePlan(three, repair);
  t.match(outcome, { kind: 'nothing', warnings: [/keeps its replica on node 2/] });
});

t.test('a shard without a majority is said to be so', async (t) => {
  const lost = withNode(withNode(view, 1, dead(30)), 2, dead(30));
  const both = view.shards.filter((shard) =>
    [1, 2].every((node) => votersOf(shard).includes(node)),
  );
  t.ok(both.length > 0);
  const plan = planned(lost, repair);
  for (const { group } of both) {
    t.ok(plan.warnings.some((warning) => warning.includes(`Shard ${group} cannot change`)));
    t.notOk(plan.steps.some((step) => 'shard' in step && step.shard === group));
  }
});

t.test('missing voters are added, surplus ones and stray learners removed', async (t) => {
  const stray = { node: 5, replica: 9, role: 'learner' as const };
  let uneven = withShard(view, 1, { members: voters(1, 2), preferredLeader: 1 });
  uneven = withShard(uneven, 2, { members: voters(1, 2, 3, 4), preferredLeader: 1 });
  uneven = withShard(uneven, 3, { members: [...voters(1, 2, 3), stray], preferredLeader: 1 });
  uneven = withShard(uneven, 4, { members: voters(1, 2, 3), preferredLeader: 1, readReplicas: 2 });
  const after = execute(uneven, planned(uneven, repair));
  t.same(
    [1, 2, 3, 4].map((group) => votersOf(shardOf(after, group)).length),
    [3, 3, 3, 3],
  );
  t.same(
    [1, 2, 3, 4].map((group) => learnersOf(shardOf(after, group)).length),
    [0, 0, 0, 2],
  );
  t.equal(makePlan(after, repair).kind, 'nothing');
});

t.test('the shard that is nearest to its end comes first', async (t) => {
  let weak = withShard(view, 9, { members: voters(1, 2, 3), preferredLeader: 1 });
  weak = withNode(withNode(weak, 3, dead(30)), 2, {});
  weak = withShard(weak, 17, { members: voters(4), preferredLeader: 4 });
  const [first] = planned(weak, repair).steps;
  t.match(first, { kind: 'add-replica', shard: 17 });
});

t.test('the number of replicas: up one by one, down with dead ones first', async (t) => {
  const up = planned(view, { kind: 'replication', replicas: 5 });
  t.match(up, {
    intents: [{ kind: 'replicas', replicas: 5 }],
    score: { after: { missingReplicas: 0 } },
  });
  t.equal(up.steps.length, 40);
  const five = execute(view, up);
  const down = planned(withNode(five, 3, dead(1)), { kind: 'replication', replicas: 3 });
  const goers = down.steps.flatMap((step) => (step.kind === 'remove-replica' ? [step.node] : []));
  t.equal(goers.length, 40);
  t.equal(goers.filter((node) => node === 3).length, 20);
  const one = planned(view, { kind: 'replication', replicas: 1 });
  t.match(one.warnings, [/a lost disk is lost data/]);
  t.match(
    refused(freshView({ nodes: nodesOf(4), shards: 4 }), { kind: 'replication', replicas: 5 }),
    {
      code: 'too_few_nodes',
      next: /ask for 3/,
    },
  );
});

t.test('a cluster that grows from one node gets its replicas', async (t) => {
  const one = freshView({ nodes: nodesOf(1), shards: 4 });
  const grown: ClusterView = { ...one, nodes: nodesOf(3) };
  const after = execute(grown, planned(grown, repair));
  t.ok(after.shards.every((shard) => votersOf(shard).length === 3));
});

t.test('a pin is not undone, and a busy shard left out', async (t) => {
  const pins = [{ id: 'p1', shard: 1, node: 2, kind: 'replica' as const }];
  const held = { ...withShard(view, 1, { members: voters(1, 2, 3), preferredLeader: 1 }), pins };
  const draft = new Draft(withNode(held, 2, dead(30)));
  t.match(moveAway(draft, 1, 2), /pin p1 holds it/);
  fillUp(draft, 1);
  t.same(draft.steps, []);
  const busy = new Draft({ ...withNode(view, 2, dead(30)), busy: new Map([[1, 'j4']]) });
  fillUp(busy, 1);
  t.match(busy.warnings, ['Shard 1 is left out: Job j4 holds the shard.']);
});
