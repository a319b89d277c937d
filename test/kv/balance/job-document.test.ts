import t from 'tap';
import {
  hasEnded,
  isActive,
  isUnderWay,
  jobDocumentSchema,
  jobStates,
  stepStates,
} from '../../../src/kv/balance/job-document.js';
import { jobOf } from './jobs-world.js';

t.test('a job is kept as it is', async (t) => {
  const job = { ...jobOf(2), stop: { as: 'failed', because: 'x', step: 1 } };
  t.same(jobDocumentSchema.parse(JSON.parse(JSON.stringify(job))), job);
  t.notOk(jobDocumentSchema.safeParse({ ...job, state: 'planned' }).success);
});

t.test('which states hold shards, and which steps are under way', async (t) => {
  t.same(
    jobStates.filter((state) => isActive({ state })),
    ['queued', 'running', 'paused'],
  );
  t.same(
    stepStates.filter((state) => hasEnded({ state })),
    ['done', 'cancelled', 'failed'],
  );
  t.ok(isUnderWay({ state: 'promoting', begunMs: 1 }));
  t.notOk(isUnderWay({ state: 'waiting' }));
  t.notOk(isUnderWay({ state: 'done', begunMs: 1 }));
});
