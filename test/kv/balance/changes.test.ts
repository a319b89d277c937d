import t from 'tap';
import {
  bestLeader,
  leaderFill,
  leaderPin,
  majorityWithout,
  mayLead,
  moveReplica,
  removeReplica,
} from '../../../src/kv/balance/changes.js';
import type { ClusterView } from '../../../src/kv/balance/cluster-view.js';
import { Draft } from '../../../src/kv/balance/draft.js';
import { freshView, nodesOf, shardOf, voters, withNode, withShard } from './views.js';

const view = withShard(freshView({ nodes: nodesOf(5), shards: 10 }), 1, {
  members: voters(1, 2, 3),
  preferredLeader: 1,
});
const pinned: ClusterView = { ...view, pins: [{ id: 'p1', shard: 1, node: 3, kind: 'leader' }] };

function kinds(draft: Draft): string[] {
  return draft.steps.map((step) => step.kind);
}

t.test('leadership goes before the replica does', async (t) => {
  const draft = new Draft(view);
  moveReplica(draft, { shard: 1, from: 1, to: 5 }, 'It was asked for.');
  t.same(kinds(draft), ['transfer-leader', 'move']);
  removeReplica(draft, { shard: 1, node: 5 }, 'It was asked for.');
  t.same(kinds(draft), ['transfer-leader', 'move', 'remove-replica'], 'it leads no more');
});

t.test('the only voter takes leadership along', async (t) => {
  const single = withShard(view, 1, { members: voters(1) });
  const draft = new Draft(single);
  moveReplica(draft, { shard: 1, from: 1, to: 5 }, 'It was asked for.');
  t.same(kinds(draft), ['move']);
  t.equal(shardOf(draft.after(), 1).preferredLeader, 5);
});

t.test(
  'who should lead: the pinned one, else who leads least, never one that is away',
  async (t) => {
    const best = (changed: ClusterView, ...without: number[]) =>
      bestLeader(new Draft(changed), shardOf(changed, 1), without);
    t.equal(best(pinned), 3);
    t.not(best(pinned, 3), 3);
    t.equal(leaderPin(new Draft(pinned), shardOf(pinned, 1))?.id, 'p1');
    const draft = new Draft(view);
    const fills = [2, 3].map((node) => leaderFill(draft, node, 0));
    t.equal(best(view, 1), (fills[0] ?? 0) <= (fills[1] ?? 0) ? 2 : 3);
    t.equal(best(withNode(withNode(view, 1, { state: 'dead' }), 2, { state: 'suspect' })), 3);
    const onlyDraining = withNode(withNode(view, 3, { draining: true }), 2, { state: 'dead' });
    t.equal(best(onlyDraining, 1), 3, 'rather a draining one than none');
    t.notOk(mayLead(new Draft(onlyDraining), 3));
  },
);

t.test('a majority that is up must be left', async (t) => {
  const left = (changed: ClusterView, node: number) =>
    majorityWithout(new Draft(changed), shardOf(changed, 1), node);
  t.ok(left(view, 1));
  const away = withNode(view, 2, { state: 'suspect' });
  t.notOk(left(away, 1), 'of 2 and 3 both would have to be up');
  t.ok(left(away, 2));
  t.notOk(left(withShard(view, 1, { members: voters(1) }), 1), 'none is no majority');
});
