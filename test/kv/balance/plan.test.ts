import t from 'tap';
import { nodesOf, shardsOf } from '../../../src/kv/balance/plan.js';

t.test('the shards and nodes that a step needs for itself', async (t) => {
  const move = { kind: 'move', shard: 4, from: 1, to: 2 } as const;
  t.same([shardsOf(move), nodesOf(move)], [[4], [1, 2]]);
  const addition = { kind: 'add-replica', shard: 4, node: 5, role: 'voter' } as const;
  t.same([shardsOf(addition), nodesOf(addition)], [[4], [5]]);
  const split = { kind: 'split', shard: 4, at: 100, child: 9 } as const;
  t.same([shardsOf(split), nodesOf(split)], [[4, 9], []]);
  t.same(shardsOf({ kind: 'merge', left: 4, right: 9 }), [4, 9]);
  t.same(nodesOf({ kind: 'transfer-leader', shard: 4, to: 2 }), []);
});
