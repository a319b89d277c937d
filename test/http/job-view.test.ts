import t from 'tap';
import { jobSchema, planSchema } from '../../src/http/cluster-schemas.js';
import { jobView, limitsOf, planView } from '../../src/http/job-view.js';
import { jobOf, planOf } from '../kv/balance/jobs-world.js';

t.test('a job with what each step waits for', async (t) => {
  const job = { ...jobOf(3, { maxConcurrent: 9, maxPerNode: 9 }), driver: 2 };
  const shown = jobView(job, { jobs: new Map([['1', job]]) }, 2_000);
  t.same(jobSchema.parse(shown), shown);
  t.match(shown, { driver: 2, ending: false, progress: { waiting: 3, seconds_left: null } });
  t.match(shown.steps[0], { what: 'move shard 1 from node 1 to node 4', state: 'waiting' });
  const ending = { ...job, stop: { as: 'cancelled', because: 'x' } as const };
  t.match(jobView(ending, { jobs: new Map() }, 0), { ending: true });
});

t.test('a plan says whether it can still be executed', async (t) => {
  const plan = planOf([{ kind: 'merge', left: 1, right: 2 }], { expiresAtMs: 100 });
  const shown = planView(plan, { map: { epoch: 1, nextGroup: 9 } }, 50);
  t.same(planSchema.parse(shown), shown);
  t.equal(shown.executable, true);
  t.equal(planView(plan, { map: { epoch: 1, nextGroup: 9 } }, 100).executable, false);
  t.equal(planView(plan, { map: { epoch: 2, nextGroup: 9 } }, 50).executable, false);
});

t.test('limits as far as they are said', async (t) => {
  t.same(limitsOf(undefined), {});
  t.same(limitsOf({ max_per_node: 3 }), { maxPerNode: 3 });
  const all = { max_bytes_per_s: 1, max_concurrent: 2, max_per_node: 3 };
  t.same(limitsOf(all), { maxBytesPerSecond: 1, maxConcurrent: 2, maxPerNode: 3 });
});
