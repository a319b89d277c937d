import * as fc from 'fast-check';
import t from 'tap';
import { TermRuns } from '../../../src/raft/wal/term-runs.js';

t.test('agrees with a list of terms, whatever happens to it', async (t) => {
  const step = fc.record({ what: fc.nat(9), by: fc.nat(8) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let first = 1;
      let terms: number[] = [];
      const runs = new TermRuns();
      for (const { what, by } of steps) {
        const last = first + terms.length - 1;
        if (what < 6) {
          const term = (terms.at(-1) ?? 0) + (by > 6 ? 1 : 0);
          runs.append(last + 1, term);
          terms.push(term);
        } else if (what < 8) {
          const from = Math.max(first, last - by);
          runs.truncate(from);
          terms = terms.slice(0, from - first);
        } else {
          const index = Math.min(last, first + by);
          if (index < first) continue;
          runs.compact(index, last);
          terms = terms.slice(index + 1 - first);
          first = index + 1;
        }
        t.same(
          terms.map((_, i) => runs.at(first + i)),
          terms,
        );
        t.equal(runs.runs.length, terms.filter((term, i) => term !== terms[i - 1]).length);
        if (terms.length > 0) t.equal(runs.runs[0]?.from, first);
      }
    }),
    { numRuns: 40 },
  );
});

t.test('an index before every run has no term', async (t) => {
  t.throws(() => new TermRuns([{ from: 5, term: 1 }]).at(4));
});
