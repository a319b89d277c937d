import t from 'tap';
import {
  clearedAway,
  endedJobsMax,
  expiredPlansMax,
  isExpired,
  nextNumber,
} from '../../../src/kv/balance/document-numbers.js';
import { jobOf, planOf } from './jobs-world.js';

t.test('no number is given twice', async (t) => {
  t.equal(nextNumber(new Map()), '1');
  t.equal(
    nextNumber(
      new Map([
        ['9', 0],
        ['10', 0],
        ['2', 0],
      ]),
    ),
    '11',
  );
});

t.test('the oldest that are over make room, the newest stay', async (t) => {
  const ids = Array.from({ length: endedJobsMax + 5 }, (_, i) => String(i + 1));
  const jobs = new Map(ids.map((id) => [id, { ...jobOf(1), id, state: 'failed' as const }]));
  jobs.set('1', { ...jobOf(1), id: '1' } as never);
  const plans = new Map(
    ids.slice(0, expiredPlansMax + 2).map((id) => [id, planOf([], { id, expiresAtMs: 10 })]),
  );
  const names = clearedAway({ jobs, plans }, 10).map(([name]) => name);
  t.same(names.sort(), ['jobs/2', 'jobs/3', 'jobs/4', 'jobs/5', 'plans/1', 'plans/2']);
  t.same(clearedAway({ jobs: new Map(), plans }, 9), [], 'none has expired');
  t.ok(isExpired(planOf([], { expiresAtMs: 10 }), 10));
});
