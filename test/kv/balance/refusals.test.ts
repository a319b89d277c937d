import t from 'tap';
import { Draft } from '../../../src/kv/balance/draft.js';
import { firstOf, immovable, unknownNode, unknownShard } from '../../../src/kv/balance/refusals.js';
import { freshView, nodesOf, shardOf, voters, withNode, withShard } from './views.js';

const view = withShard(freshView({ nodes: nodesOf(4), shards: 4 }), 1, {
  members: voters(1, 2, 3),
  preferredLeader: 1,
});

t.test('what there is not', async (t) => {
  const draft = new Draft(view);
  t.match(unknownNode(draft, 9), { code: 'unknown_node', reason: /no node 9/ });
  t.match(unknownShard(draft, 9), { code: 'unknown_shard', reason: /no shard 9/ });
  t.equal(unknownNode(draft, 4), undefined);
  t.equal(unknownShard(draft, 4), undefined);
});

t.test('what cannot be changed now', async (t) => {
  const shard = shardOf(view, 1);
  t.equal(immovable(new Draft(view), shard), undefined);
  const busy = new Draft({ ...view, busy: new Map([[1, 'j3']]) });
  t.match(immovable(busy, shard), { code: 'shard_busy', reason: /Job j3/, next: /cancel it/ });
  const lost = withNode(withNode(view, 1, { state: 'dead' }), 2, { state: 'dead' });
  t.match(immovable(new Draft(lost), shard), { code: 'quorum_at_risk', next: /admin recover/ });
});

t.test('the first refusal counts, and later checks are not made', async (t) => {
  const refusal = { code: 'pinned', reason: 'Pinned.', next: 'Delete the pin.' } as const;
  const asked: number[] = [];
  const check = (index: number, answer?: typeof refusal) => () => {
    asked.push(index);
    return answer;
  };
  t.equal(firstOf(check(1), check(2, refusal), check(3)), refusal);
  t.same(asked, [1, 2]);
  t.equal(firstOf(check(4)), undefined);
});
