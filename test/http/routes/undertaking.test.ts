import t from 'tap';
import { startCluster } from '../cluster-harness.js';

t.test('the same request with a key is one job; another request needs another key', async (t) => {
  const { ask, world } = await startCluster(t);
  const key = { 'idempotency-key': 'move-1' };
  const body = { from: 1, to: 4 };
  const first = await ask('POST', '/shards/1/move', body, key);
  const again = await ask('POST', '/shards/1/move', body, key);
  t.same([first.status, again.status], [202, 202]);
  t.same(again.json, first.json);
  t.equal(world.store.documents().jobs.size, 1);
  const other = await ask('POST', '/shards/2/move', body, key);
  t.match(other, { status: 422, json: { code: 'idempotency_key_reused' } });
});
