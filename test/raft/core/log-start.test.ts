/**
 * What a log is opened from.
 */
import t from 'tap';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { RaftLog } from '../../../src/raft/core/log.js';
import { readerOf } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

t.test('C4, C6, C15: what a log does not start from', async (t) => {
  const start = {
    mark: { index: 5, term: 2, configuration: configurationOf({ voters: 1 }) },
    lastIndex: 7,
    terms: [{ from: 6, term: 2 }],
    configurations: [],
    installing: false,
    commit: 6,
    applied: 6,
    reader: readerOf([]),
    windowBytesMax: 10,
  };
  const log = new RaftLog({ ...start, commit: 5, applied: 7 });
  t.equal(log.commit, 7, 'the state may be ahead of the durable commit index');
  t.throws(() => new RaftLog({ ...start, applied: 4 }), ImpossibleInput, 'a gap');
  t.throws(() => new RaftLog({ ...start, commit: 8 }), ImpossibleInput, 'C5: entries are gone');
  t.throws(() => new RaftLog({ ...start, applied: 8 }), ImpossibleInput);
  t.throws(() => new RaftLog({ ...start, lastIndex: 4 }), ImpossibleInput);
  t.throws(() => new RaftLog({ ...start, terms: [] }), ImpossibleInput);
});
