import t from 'tap';
import type { ClusterView } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import {
  evenLeaders,
  leaderImbalance,
  settleLeaders,
} from '../../../src/kv/balance/even-leaders.js';
import { freshView, mebibyte, nodesOf, planned, sized, withNode } from './views.js';

const fresh = freshView({ nodes: nodesOf(5), shards: 40 });

/** Led by node 1 wherever it holds a replica. */
function ledByOne(view: ClusterView): ClusterView {
  const shards = view.shards.map((shard) =>
    shard.members.some(({ node }) => node === 1) ? { ...shard, preferredLeader: 1 } : shard,
  );
  return { ...view, shards };
}

t.test('leaders that are spread stay', async (t) => {
  t.equal(leaderImbalance(new Draft(fresh)), undefined);
});

t.test('leaders on one node are handed over, with few steps', async (t) => {
  const draft = new Draft(ledByOne(fresh));
  t.match(leaderImbalance(draft), /Node 1 should lead/);
  const before = draft.leading(1);
  evenLeaders(draft);
  t.equal(leaderImbalance(draft), undefined);
  t.ok(draft.steps.every(({ kind }) => kind === 'transfer-leader'));
  t.ok(draft.leading(1) <= 9 && draft.leading(1) >= 6, `${draft.leading(1)} of ${before}`);
});

t.test('a hot shard counts for what it is', async (t) => {
  const led = fresh.shards.filter(({ preferredLeader }) => preferredLeader === 2);
  const hot = {
    ...fresh,
    shards: fresh.shards.map((shard) => ({
      ...shard,
      ...sized(mebibyte, led.includes(shard) ? 5_000 : 50),
    })),
  };
  const draft = new Draft(hot);
  t.match(leaderImbalance(draft), /should lead/);
  const before = draft.leading(2);
  evenLeaders(draft);
  t.ok(draft.leading(2) < 0.7 * before);
});

t.test('nobody leads from a node that is away or draining', async (t) => {
  const view = withNode(withNode(ledByOne(fresh), 2, { state: 'suspect' }), 3, { draining: true });
  const draft = new Draft(view);
  evenLeaders(draft);
  const heirs = draft.steps.flatMap((step) => (step.kind === 'transfer-leader' ? [step.to] : []));
  t.ok(heirs.length > 0);
  t.notOk(heirs.includes(2) || heirs.includes(3));
});

t.test('a pinned leader leads, and is not evened out again', async (t) => {
  const held = ledByOne(fresh).shards.filter(({ members }) =>
    members.some(({ node }) => node === 1),
  );
  const pins = held
    .slice(0, 14)
    .map(({ group }) => ({ id: `p${group}`, shard: group, node: 1, kind: 'leader' as const }));
  const draft = new Draft({ ...fresh, pins });
  settleLeaders(draft);
  evenLeaders(draft);
  for (const { shard } of pins) t.equal(draft.shard(shard).preferredLeader, 1);
  const plan = planned({ ...fresh, pins }, { kind: 'balance' });
  t.ok(plan.steps.every((step) => step.kind !== 'move' || step.from !== 1));
});
