/** The harness finds planted bugs and calls no good store bad; the whole table is `selftest`. */
import t from 'tap';
import { hunt, plantedBugs } from '../../../jepsen-lite/selftest/selftest.js';

for (const name of ['stale-read', 'timeout-called-failure'] as const) {
  t.test(`${name} is found, and its clean twin passes`, async (t) => {
    const bug = plantedBugs.find((known) => known.name === name);
    if (bug === undefined) return t.fail('no such bug');
    const { foundBy, twin, twinExplanation, operations } = await hunt(
      bug,
      new AbortController().signal,
    );
    t.not(foundBy.length, 0);
    t.equal(twin, 'valid', twinExplanation);
    t.ok(operations > 300);
  });
}
