import t from 'tap';
import type { JobDocument, JobStep } from '../../../src/kv/balance/job-document.js';
import { endStep, headingOf, stopJob, withStep } from '../../../src/kv/balance/job-steps.js';
import { jobOf } from './jobs-world.js';

const begun: Partial<JobStep> = { state: 'catching_up', begunMs: 5 };
const cancelled = { as: 'cancelled', because: 'not now' } as const;
const states = ({ steps }: JobDocument) => steps.map(({ state }) => state);

t.test('with its last step a job has succeeded', async (t) => {
  const one = endStep(jobOf(2), 0, { state: 'done', because: 'x', nowMs: 9 });
  t.match(one, { state: 'running', steps: [{ state: 'done', endedMs: 9, bytesDone: 1_000 }, {}] });
  const both = endStep(one, 1, { state: 'done', because: 'x', nowMs: 12 });
  t.match(both, { state: 'succeeded', endedMs: 12 });
});

t.test('what has not begun ends at once, what has begun comes to a safe point', async (t) => {
  const job = withStep(jobOf(3), 1, begun);
  t.equal(headingOf(job), 'forward');
  const stopping = stopJob({ ...job, state: 'paused' }, cancelled, 20);
  t.same(states(stopping), ['cancelled', 'catching_up', 'cancelled']);
  t.match(stopping, { state: 'running', endedMs: undefined }, 'a paused one has to run for it');
  t.equal(headingOf(stopping), 'back');
  const again = stopJob(stopping, { as: 'failed', because: 'later' }, 21);
  t.same(again, stopping, 'the first reason stands');
  const ended = endStep(stopping, 1, { state: 'cancelled', because: 'x', nowMs: 30 });
  t.match(ended, { state: 'cancelled', because: 'not now', endedMs: 30 });
});

t.test('a job of which nothing has begun ends at once', async (t) => {
  t.match(stopJob(jobOf(2), cancelled, 20), { state: 'cancelled', endedMs: 20 });
});
