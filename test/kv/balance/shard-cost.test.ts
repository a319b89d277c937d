import t from 'tap';
import { bytesOf, requestsPerSecond, ShardCosts } from '../../../src/kv/balance/shard-cost.js';
import { freshView, mebibyte, nodesOf, shardOf, sized, withShard } from './views.js';

const empty = freshView({ nodes: nodesOf(3), shards: 3 });
const uneven = withShard(
  withShard(withShard(empty, 1, sized(4_000 * mebibyte, 900)), 2, sized(0, 0)),
  3,
  sized(0, 0),
);

t.test('without measurements every shard weighs the same', async (t) => {
  const costs = new ShardCosts(empty.shards);
  t.same(
    empty.shards.map((shard) => costs.of(shard)),
    [1, 1, 1],
  );
});

t.test('the mean shard weighs 1, in three equal parts', async (t) => {
  const costs = new ShardCosts(uneven.shards);
  const total = uneven.shards.reduce((sum, shard) => sum + costs.of(shard), 0);
  t.ok(Math.abs(total - 3) < 1e-9);
  const { presence, bytes, requests } = costs.parts(shardOf(uneven, 1));
  t.equal(presence, 1 / 3);
  t.ok(bytes > 0.95 && bytes < 1, 'nearly all bytes are its own');
  t.ok(requests > 0.8 && requests < 0.9, 'small rates are evened out by the floor');
  t.equal(costs.leading(shardOf(uneven, 1)), (presence + requests) * 1.5, 'without the bytes');
});

t.test('differences that do not matter are not seen', async (t) => {
  const nearlyEmpty = withShard(withShard(empty, 1, sized(3_000, 2)), 2, sized(0, 0));
  const costs = new ShardCosts(nearlyEmpty.shards);
  t.ok(Math.abs(costs.of(shardOf(nearlyEmpty, 1)) - costs.of(shardOf(nearlyEmpty, 2))) < 0.02);
});

t.test('places are chosen by quarters, at least one', async (t) => {
  const costs = new ShardCosts(uneven.shards);
  t.same(
    uneven.shards.map((shard) => costs.rounded(shard)),
    [2.25, 0.5, 0.5],
  );
});

t.test('bytes and requests', async (t) => {
  t.equal(bytesOf(shardOf(uneven, 1)), 4_000 * mebibyte);
  t.equal(bytesOf(shardOf(empty, 1)), 0);
  t.equal(requestsPerSecond(sized(0, 900).statistics), 900);
});
