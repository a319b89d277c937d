/** Seeds that once failed never fail again. */
import t from 'tap';
import { runSeed } from './checked-run.js';
import { regressionSeeds } from './regression-seeds.js';

for (const { seed, broke } of regressionSeeds) {
  t.test(`seed ${seed}, which once broke ${broke}`, async (t) => {
    const { violation } = await runSeed(seed);
    t.equal(violation, undefined);
  });
}
