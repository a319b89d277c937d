import t from 'tap';
import type { JobDocument } from '../../../src/kv/balance/job-document.js';
import { heldShards, obstacleTo } from '../../../src/kv/balance/job-schedule.js';
import { withStep } from '../../../src/kv/balance/job-steps.js';
import type { StepAction } from '../../../src/kv/balance/plan.js';
import { jobOf } from './jobs-world.js';

const move = (shard: number, from: number, to: number): StepAction => {
  return { kind: 'move', shard, from, to };
};

function obstacle(job: JobDocument, at: number, others: readonly JobDocument[] = []) {
  const jobs = new Map([job, ...others].map((one) => [one.id, one]));
  return obstacleTo(job, at, { jobs });
}

t.test('steps of one shard in their order, others side by side', async (t) => {
  const job = jobOf([move(1, 1, 4), move(1, 2, 5), move(2, 3, 6)]);
  t.equal(obstacle(job, 0), undefined);
  t.match(obstacle(job, 1), /Step 1 needs the same shard/);
  t.equal(obstacle(job, 2), undefined);
  t.equal(obstacle(withStep(job, 0, { state: 'done' }), 1), undefined);
  const split = jobOf([{ kind: 'split', shard: 1, at: 5, child: 9 }, move(9, 1, 4)]);
  t.match(obstacle(split, 1), /Step 1/, 'a child is there when it is born');
});

t.test('no more at a time than the limits allow', async (t) => {
  const many = jobOf([move(1, 1, 4), move(2, 2, 5), move(3, 3, 6)], { maxConcurrent: 1 });
  const one = withStep(many, 0, { state: 'catching_up', begunMs: 1 });
  t.match(obstacle(one, 1), /max_concurrent is 1/);
  const near = jobOf([move(1, 1, 4), move(2, 2, 4)], { maxPerNode: 1 });
  t.match(obstacle(withStep(near, 0, { begunMs: 1, state: 'promoting' }), 1), /Node 4 works for 1/);
  const other = { ...withStep(jobOf([move(7, 9, 4)]), 0, { begunMs: 1 }), id: '2' };
  t.match(obstacle(near, 0, [other]), /Node 4 works/, 'the steps of other jobs count');
  t.equal(obstacle(near, 0, [{ ...other, state: 'succeeded' }]), undefined);
});

t.test('a job that is paused, queued or about to end begins nothing', async (t) => {
  const job = jobOf(1);
  t.match(obstacle({ ...job, state: 'paused' }, 0), /paused/);
  t.equal(obstacle({ ...job, state: 'queued', because: 'later' }, 0), 'later');
  t.match(obstacle({ ...job, stop: { as: 'cancelled', because: 'x' } }, 0), /about to end/);
});

t.test('shards are held until the job has ended', async (t) => {
  const job = jobOf([{ kind: 'split', shard: 3, at: 5, child: 9 }]);
  t.same(
    [...heldShards({ jobs: new Map([['1', job]]) })],
    [
      [3, '1'],
      [9, '1'],
    ],
  );
  const ended = { ...job, state: 'failed' } as const;
  t.equal(heldShards({ jobs: new Map([['1', ended]]) }).size, 0);
});
