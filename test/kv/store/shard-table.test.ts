import t from 'tap';
import { Standing } from '../../../src/kv/store/schema.js';
import { ShardDraft } from '../../../src/kv/store/shard-draft.js';
import { ShardTable } from '../../../src/kv/store/shard-table.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { births } from './commands.js';

function tableOf(count: number) {
  const table = new ShardTable();
  const shards = births(count).map((birth) => ShardDraft.born(birth));
  for (const shard of shards) table.set(shard);
  return { table, shards };
}

t.test('only a whole state is handed out; one on the way out has no index either', async (t) => {
  const { table, shards } = tableOf(1);
  const shard = shards[0] as ShardDraft;
  shard.applied = 7;
  table.committed(shard);
  table.allDurable();
  t.equal(table.whole(1), shard);
  t.match(table.wholeState(1), { applied: 7 });
  shard.standing = Standing.installing;
  t.throws(() => table.whole(1), InvariantViolation);
  t.equal(table.wholeState(1), undefined);
  t.same([table.applied(1), table.durable(1)], [7, 7]);
  shard.standing = Standing.dropping;
  t.same([table.applied(1), table.durable(1)], [0, 0]);
  table.remove(shard);
  t.throws(() => table.whole(1), InvariantViolation);
  t.same([table.applied(1), table.durable(1)], [0, 0]);
});

t.test('what waits for durability is told, or that it will not come', async (t) => {
  const { table, shards } = tableOf(1);
  const shard = shards[0] as ShardDraft;
  await table.whenDurable(shard, 0);
  shard.applied = 3;
  table.committed(shard);
  const told: string[] = [];
  const three = table.whenDurable(shard, 3).then(() => told.push('three'));
  const four = table.whenDurable(shard, 4).catch((error: Error) => told.push(error.message));
  const durable = table.noteApplied();
  t.equal(table.noteApplied(), undefined, 'noted once');
  durable?.();
  await three;
  t.same(told, ['three']);
  table.end(new Error('closed'));
  await four;
  await t.rejects(table.whenDurable(shard, 4), { message: 'closed' });
  t.same(told, ['three', 'closed']);
});

t.test('a removed shard is gone at once, and for good once that is synced', async (t) => {
  const { table, shards } = tableOf(1);
  const shard = shards[0] as ShardDraft;
  shard.applied = 3;
  table.committed(shard);
  table.noteApplied()?.();
  t.equal(table.durable(1), 3);
  let gone = false;
  const removed = table.removed(shard).then(() => {
    gone = true;
  });
  t.equal(table.get(1), undefined);
  const durable = table.noteApplied();
  await Promise.resolve();
  t.notOk(gone);
  durable?.();
  await removed;
});

t.test('gaps and overlaps of ranges', async (t) => {
  const { table, shards } = tableOf(4);
  const documents = { start: 2 ** 32, end: 2 ** 32 + 1 };
  t.same(table.gaps(), [documents], 'no meta group here');
  table.remove(shards[0] as ShardDraft);
  table.remove(shards[2] as ShardDraft);
  const quarter = 2 ** 30;
  t.same(table.gaps(), [
    { start: 0, end: quarter },
    { start: 2 * quarter, end: 3 * quarter },
    documents,
  ]);
  t.equal(table.overlapping({ start: 0, end: quarter }, 9), undefined, 'ranges are half open');
  t.equal(table.overlapping({ start: 0, end: quarter + 1 }, 9), shards[1]);
  t.equal(table.overlapping({ start: 0, end: quarter + 1 }, 2), undefined, 'its own');
  t.same(new ShardTable().gaps(), [{ start: 0, end: 2 ** 32 + 1 }]);
});
