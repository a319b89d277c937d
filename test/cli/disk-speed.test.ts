import { readdirSync } from 'node:fs';
import t from 'tap';
import { measureDiskSpeed, summarize } from '../../src/cli/disk-speed.js';

t.test('measures and leaves nothing behind', async (t) => {
  const dir = t.testdir();
  const speed = await measureDiskSpeed(dir, { syncsMax: 5, durationMsMax: 60_000 });
  t.equal(speed.syncs, 5);
  t.ok(speed.p50Ms > 0 && speed.p50Ms <= speed.p99Ms && speed.p99Ms <= speed.maxMs);
  t.same(readdirSync(dir), []);
});

t.test('a slow disk is measured for the given time only', async (t) => {
  const speed = await measureDiskSpeed(t.testdir(), { syncsMax: 1000, durationMsMax: 0 });
  t.equal(speed.syncs, 1);
});

t.test('a folder that cannot be written is an error', async (t) => {
  await t.rejects(measureDiskSpeed('/nowhere/at/all', { syncsMax: 1, durationMsMax: 1 }), {
    code: 'ENOENT',
  });
});

t.test('percentiles by nearest rank', async (t) => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  t.same(summarize(hundred), { syncs: 100, p50Ms: 50, p99Ms: 99, maxMs: 100 });
  t.same(summarize([7]), { syncs: 1, p50Ms: 7, p99Ms: 7, maxMs: 7 });
});
