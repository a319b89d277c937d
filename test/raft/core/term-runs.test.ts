import fc from 'fast-check';
import t from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { TermRuns } from '../../../src/raft/core/term-runs.js';

t.test('keeps one number per term, not per entry', async (t) => {
  const runs = new TermRuns([]);
  for (let index = 1; index <= 1000; index += 1) runs.push(index, index <= 600 ? 1 : 4);
  t.equal(runs.at(600), 1);
  t.equal(runs.at(601), 4);
  t.equal(runs.runStart(1000), 601);
  t.equal(runs.runStart(600), 1);
});

t.test('terms never fall along the log', async (t) => {
  const runs = new TermRuns([{ from: 1, term: 3 }]);
  t.throws(() => runs.push(5, 2), InvariantViolation);
});

t.test('an entry that is not kept has no term', async (t) => {
  const runs = new TermRuns([{ from: 3, term: 1 }]);
  t.throws(() => runs.at(2), InvariantViolation);
  t.throws(() => new TermRuns([]).at(1), InvariantViolation);
});

/** The same as an array of terms, index for index. */
class NaiveTerms {
  terms: (number | undefined)[] = [undefined];
  first = 1;

  get next(): number {
    return this.terms.length;
  }

  runStart(index: number): number {
    let at = index;
    while (at > this.first && this.terms[at - 1] === this.terms[index]) at -= 1;
    return at;
  }
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const operations = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('push' as const), rise: fc.constantFrom(0, 0, 0, 1, 2) }),
    fc.record({ kind: fc.constant('truncate' as const), at: fraction }),
    fc.record({ kind: fc.constant('compact' as const), at: fraction }),
  ),
  { maxLength: 60 },
);

t.test('answers like an array of terms, whatever is pushed, truncated and compacted', async () => {
  fc.assert(
    fc.property(operations, (steps) => {
      const runs = new TermRuns([]);
      const naive = new NaiveTerms();
      let term = 1;
      for (const step of steps) {
        const within = (at: number) =>
          naive.first + Math.floor(at * (naive.next - naive.first) * 0.999);
        if (step.kind === 'push') {
          term += step.rise;
          runs.push(naive.next, term);
          naive.terms.push(term);
        } else if (step.kind === 'truncate') {
          const from = within(step.at);
          runs.truncate(from);
          naive.terms.length = from;
        } else if (naive.next > naive.first) {
          const index = within(step.at);
          runs.compact(index);
          naive.first = index + 1;
        }
        for (let index = naive.first; index < naive.next; index += 1) {
          if (runs.at(index) !== naive.terms[index]) return false;
          if (runs.runStart(index) !== naive.runStart(index)) return false;
        }
      }
      return true;
    }),
    { numRuns: 500 },
  );
});
