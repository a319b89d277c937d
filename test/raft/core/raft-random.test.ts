/**
 * A short run of the random checker: a fixed set of seeds, and one that nobody has seen before.
 * `random-cluster-main.js` is the long form; a failure names the seed to run again.
 */
import t from 'tap';
import { runRandomCluster } from './random-run.js';

const seeds = 150;

t.test('safe under random weather, and whole again after it', async (t) => {
  const totals: Record<string, number> = {};
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { counts } = runRandomCluster(seed);
    for (const [what, count] of Object.entries(counts)) {
      totals[what] = (totals[what] ?? 0) + count;
    }
  }
  const rare = [
    ...['elected', 'crash', 'timeout-now', 'readGranted', 'compact', 'cut', 'quiet'],
    ...['snapshot', 'snapshotReceived', 'finishInstall', 'damage'],
  ];
  for (const what of rare) t.ok((totals[what] ?? 0) > 20, `${what}: ${totals[what]} times`);
});

t.test('a fresh seed', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.comment(`SEED=${seed}`);
  for (let i = 0; i < 20; i += 1) runRandomCluster(seed + i);
});

t.test('the same seed is the same run', async (t) => {
  t.same(runRandomCluster(3), runRandomCluster(3));
});
