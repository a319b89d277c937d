import t from 'tap';
import { ShardDraft } from '../../../src/kv/store/shard-draft.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { births } from './commands.js';

const [birth] = births(1) as [ReturnType<typeof births>[number]];

t.test('what a transaction does is not visible before it is published', async (t) => {
  const shard = ShardDraft.born(birth);
  const before = shard.visible;
  shard.applied = 5;
  shard.revision = 3;
  t.equal(shard.visible, before);
  t.match(before, { applied: 0, revision: 0 });
  shard.publish();
  t.match(shard.visible, { applied: 5, revision: 3, range: birth.range, epoch: birth.epoch });
  t.match(before, { applied: 0, revision: 0 }, 'what was handed out stays');
});

t.test('an empty, reversed or oversized range is a programmer error', async (t) => {
  for (const range of [
    { start: 5, end: 5 },
    { start: 6, end: 5 },
    { start: -1, end: 5 },
    { start: 0, end: 2 ** 32 + 1 },
  ]) {
    t.throws(() => ShardDraft.born({ ...birth, range }), InvariantViolation);
  }
});
