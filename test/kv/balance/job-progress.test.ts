import t from 'tap';
import { becauseOf, progressOf } from '../../../src/kv/balance/job-progress.js';
import { endStep, withStep } from '../../../src/kv/balance/job-steps.js';
import { jobOf } from './jobs-world.js';

const moves = [1, 2, 3, 4].map((shard) => {
  return { kind: 'move', shard, from: shard, to: shard + 10 } as const;
});

t.test('how far, how fast, how long', async (t) => {
  let job = endStep(jobOf(moves), 0, { state: 'done', because: 'x', nowMs: 1_000 });
  job = withStep(job, 1, { begunMs: 1_000, state: 'catching_up', bytesDone: 500 });
  t.same(progressOf(job, 3_000), {
    ...{ done: 1, underWay: 1, waiting: 2, failed: 0, cancelled: 0 },
    ...{ bytesDone: 1_500, bytesTotal: 4_000, bytesPerSecond: 500, secondsLeft: 5 },
  });
  t.equal(progressOf(job, 0).secondsLeft, undefined, 'no time has passed');
  t.equal(progressOf({ ...job, state: 'paused' }, 3_000).secondsLeft, undefined);
  t.equal(progressOf({ ...job, state: 'failed', endedMs: 2_000 }, 9_000).secondsLeft, 0);
  const light = { ...job, steps: job.steps.map((step) => ({ ...step, bytes: 0, bytesDone: 0 })) };
  t.equal(progressOf(light, 3_000).secondsLeft, 9, 'by steps where nothing is sent');
});

t.test('why a step waits', async (t) => {
  const job = withStep(jobOf(moves, { maxConcurrent: 1 }), 0, {
    ...{ begunMs: 1, state: 'catching_up', because: 'Node 11 lacks 5 entries.' },
  });
  const jobs = new Map([['1', job]]);
  t.equal(becauseOf(job, 0, { jobs }), 'Node 11 lacks 5 entries.');
  t.match(becauseOf(job, 1, { jobs }), /max_concurrent is 1/);
  t.match(becauseOf({ ...job, state: 'paused' }, 0, { jobs }), /paused/);
  const said = withStep(jobOf(1), 0, { because: 'Nobody is known to lead shard 1.' });
  t.match(becauseOf(said, 0, { jobs: new Map() }), /Nobody is known/);
  t.equal(becauseOf(job, 99, { jobs }), '');
});
