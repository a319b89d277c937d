/**
 * The log when a snapshot takes the place of its beginning, or of all of it.
 */
import t from 'tap';
import { encodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { RaftLog } from '../../../src/raft/core/log.js';
import { EntryKind } from '../../../src/raft/core/types.js';
import { entriesOfTerms, logOfTerms, readerOf } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

const configuration = configurationOf({ voters: 3 });
const markOf = (index: number, term: number) => ({ index, term, configuration });

t.test('D1: entries behind a matching mark stay', async (t) => {
  const log = logOfTerms([1, 1, 2, 2], { commit: 1, applied: 1 });
  log.restore(markOf(3, 2));
  t.match(log, { firstIndex: 4, lastIndex: 4, commit: 3, applied: 1, durableIndex: 4 });
  t.equal(log.matches({ index: 4, term: 2 }), true);
  t.equal(log.term(3), 2);
});

t.test('D2: a log that does not match goes, below the mark and above it', async (t) => {
  const log = logOfTerms([1, 1, 1, 1, 1], { commit: 1, applied: 1 });
  log.restore(markOf(3, 2));
  t.match(log, { firstIndex: 4, lastIndex: 3, commit: 3, durableIndex: 1 });
  t.equal(log.term(4), undefined);
  t.same(log.last, { index: 3, term: 2 });
  log.append({ index: 4, term: 3, kind: 1, data: new Uint8Array(2) });
  t.match(log.takeUnwrittenMark(), { index: 3, term: 2 });
  t.match(log.takeUnwritten(), [{ index: 4, term: 3 }], 'the mark first, then what follows it');
  t.equal(log.hasUnwritten, false);
});

t.test(
  'D4, D5: the configurations of what goes are forgotten, the snapshot has its own',
  async (t) => {
    const other = configurationOf({ voters: 5 });
    const change = { term: 1, kind: EntryKind.configuration, data: encodeConfiguration(other) };
    for (const term of [1, 2]) {
      const log = logOfTerms([1, 1, 1], { commit: 1, applied: 1 });
      log.append({ index: 4, ...change });
      log.restore(markOf(3, term));
      t.same(log.configurationInForce, configuration, 'that of the snapshot');
      const kept = term === 1;
      t.equal(log.configurations.someIn({ after: 3, last: 4 }), kept, `mark of term ${term}`);
    }
  },
);

t.test('D6: appends under way stand for nothing after it; its own append does', async (t) => {
  const log = logOfTerms([1, 1], { commit: 1, applied: 1 });
  log.append({ index: 3, term: 1, kind: 1, data: new Uint8Array(1) });
  log.takeUnwritten();
  log.appendStarted(1);
  log.restore(markOf(9, 2));
  log.takeUnwrittenMark();
  log.takeUnwritten();
  log.appendStarted(2);
  log.restore(markOf(12, 2));
  log.takeUnwrittenMark();
  log.takeUnwritten();
  log.appendStarted(3);
  log.appendFinished(1);
  t.equal(log.durableIndex, 1);
  log.appendFinished(2);
  t.equal(log.durableIndex, 1, 'the first snapshot is not what this log begins with');
  log.appendFinished(3);
  t.equal(log.durableIndex, 12);
});

t.test('R8: nothing is handed out until it is installed, then what follows it', async (t) => {
  const log = logOfTerms([1, 1, 1, 1], { commit: 4, applied: 1 });
  log.restore(markOf(3, 1));
  t.equal(log.hasCommitted, false);
  t.same(log.takeCommitted(100), []);
  t.throws(() => log.compactTo(4), InvariantViolation, 'the state covers nothing');
  log.installedTo(2);
  t.equal(log.installing, true, 'an older one');
  log.installedTo(3);
  t.match(log, { installing: false, applied: 3 });
  t.match(log.takeCommitted(100), [{ index: 4 }]);
});

t.test('a state never goes back, and what is committed is never replaced', async (t) => {
  const log = logOfTerms([1, 1, 1, 1], { commit: 4, applied: 3 });
  t.throws(() => log.restore(markOf(2, 1)), InvariantViolation);
  t.throws(() => log.restore(markOf(4, 2)), InvariantViolation);
});

t.test('memory is let go of while a state is installed', async (t) => {
  const log = new RaftLog({
    mark: markOf(5, 1),
    lastIndex: 5,
    terms: [],
    configurations: [],
    commit: 5,
    applied: 0,
    installing: true,
    reader: readerOf(entriesOfTerms([1, 1, 1, 1, 1, 1, 1, 1, 1])),
    windowBytesMax: 4,
  });
  for (let index = 6; index <= 9; index += 1) {
    log.append({ index, term: 1, kind: 1, data: new Uint8Array(3) });
  }
  log.commitTo(9);
  log.takeUnwritten();
  log.appendStarted(1);
  log.appendFinished(1);
  log.installedTo(5);
  t.same(
    log.takeCommitted(1000).map(({ index }) => index),
    [6, 7, 8],
    'read back from disk, in order',
  );
});

t.test('C15: a state behind the mark is refused, unless it is being installed', async (t) => {
  const start = {
    mark: markOf(5, 2),
    lastIndex: 7,
    terms: [{ from: 6, term: 2 }],
    configurations: [],
    commit: 0,
    applied: 3,
    reader: readerOf([]),
    windowBytesMax: 10,
  };
  t.throws(() => new RaftLog({ ...start, installing: false }), ImpossibleInput);
  const log = new RaftLog({ ...start, installing: true });
  t.match(log, { commit: 5, applied: 3, installing: true }, 'the mark is committed');
});
