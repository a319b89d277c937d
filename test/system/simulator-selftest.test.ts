/**
 * The simulator finds every planted bug, in a short form: seeds that are known to find it first,
 * then fresh ones. `make sim-selftest` tells how soon chance alone does.
 */
import t from 'tap';
import { plantedBugs } from '../simulation/planted/bugs.js';
import { seedsFrom, selftest } from '../simulation/selftest.js';

t.test('every planted bug is caught, and the same runs without one are clean', async (t) => {
  const from = Math.floor(Math.random() * 2 ** 40);
  t.comment(`fresh seeds from ${from}`);
  const { hunts, problems } = await selftest({
    jobs: 2,
    budgetMs: 20_000,
    bugs: plantedBugs,
    seeds: () => seedsFrom(from),
    tell: (line) => t.comment(line),
  });
  t.equal(hunts.length, plantedBugs.length);
  for (const problem of problems) t.fail(problem);
});
