/**
 * Which configuration is meant where along a log.
 */
import t from 'tap';
import { ConfigurationHistory } from '../../../src/raft/core/configuration-history.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { configurationOf } from './simulated-cluster.js';

const of = (voters: number) => configurationOf({ voters });

/** 1 voter as of the mark, 2 since entry 5, 3 since entry 9. */
function history(): ConfigurationHistory {
  return new ConfigurationHistory(of(1), [
    { index: 5, configuration: of(2) },
    { index: 9, configuration: of(3) },
  ]);
}

const votersAt = (history: ConfigurationHistory, index: number) => history.at(index).voters.length;

t.test('each entry has the last configuration up to it', async (t) => {
  const known = history();
  t.same(
    [0, 4, 5, 8, 9, 100].map((index) => votersAt(known, index)),
    [1, 1, 2, 2, 3, 3],
  );
});

t.test('E2, E11: whether one is committed and not applied, without reading the log', async (t) => {
  const known = history();
  t.equal(known.someIn({ after: 4, last: 5 }), true);
  t.equal(known.someIn({ after: 5, last: 8 }), false, 'the one at 5 is applied');
  t.equal(known.someIn({ after: 5, last: 9 }), true);
  t.equal(known.someIn({ after: 9, last: 100 }), false);
});

t.test('what is truncated goes with its entry', async (t) => {
  const known = history();
  known.truncate(9);
  t.equal(votersAt(known, 100), 2);
  known.push(9, of(4));
  t.equal(votersAt(known, 9), 4);
  t.throws(() => known.push(9, of(5)), InvariantViolation);
  known.truncate(0);
  t.equal(votersAt(known, 100), 1, 'the mark is never truncated');
});

t.test('D4, D5: the log begins at a snapshot, whatever was known before', async (t) => {
  const known = history();
  known.rebase({ index: 7, configuration: of(4) });
  t.same(
    [7, 8, 9].map((index) => votersAt(known, index)),
    [4, 4, 3],
  );
});
