/**
 * Section 5.3, receiver implementation of AppendEntries.
 */
import t from 'tap';
import { receiveAppend } from '../../../src/raft/core/append-answer.js';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import type { RaftLog } from '../../../src/raft/core/log.js';
import type { AppendMessage, Entry } from '../../../src/raft/core/types.js';
import { entriesOfTerms, logOfTerms } from './log-of-terms.js';

/** An append of a leader in term 9 after `previous`, with entries of these terms behind it. */
function append(previous: string, terms: readonly number[], commit = 0): AppendMessage {
  const [previousIndex = 0, previousTerm = 0] = previous.split('/').map(Number);
  const entries = entriesOfTerms(terms, previousIndex + 1);
  const ends = { from: 2, to: 1, term: 9 };
  return { type: 'append', ...ends, previousIndex, previousTerm, commit, entries };
}

const terms = (log: RaftLog) =>
  Array.from({ length: log.lastIndex - log.firstIndex + 1 }, (_, i) =>
    log.term(log.firstIndex + i),
  );

t.test('AppendEntries 2: false if the log has no matching entry at prevLogIndex', async (t) => {
  const log = logOfTerms([1, 1, 2]);
  t.match(receiveAppend(log, append('3/3', [3])), { rejected: true, index: 3 });
  t.match(receiveAppend(log, append('7/3', [3])), { rejected: true, index: 7 });
  t.same(terms(log), [1, 1, 2], 'nothing is truncated by a refusal');
});

t.test('AppendEntries 3, R2, B1: a conflicting entry and all that follow it go', async (t) => {
  const log = logOfTerms([1, 1, 2, 2, 2]);
  t.same(receiveAppend(log, append('2/1', [2, 3])), { rejected: false, index: 4 });
  t.same(terms(log), [1, 1, 2, 3], 'the entry that matched stayed');
});

t.test('B2: an old append that is a prefix of the log truncates nothing', async (t) => {
  const log = logOfTerms([1, 1, 2, 2]);
  t.same(receiveAppend(log, append('1/1', [1])), { rejected: false, index: 2 });
  t.same(terms(log), [1, 1, 2, 2]);
});

t.test('B3: acknowledged is what the message proved, not where the log ends', async (t) => {
  const log = logOfTerms([1, 1, 2, 2]);
  t.same(receiveAppend(log, append('1/1', [])), { rejected: false, index: 1 });
});

t.test('AppendEntries 5, B4: commit goes up to the last new entry at most', async (t) => {
  const log = logOfTerms([1, 1, 2, 2]);
  receiveAppend(log, append('1/1', [1], 4));
  t.equal(log.commit, 2, 'entries 3 and 4 were not verified by this message');
  receiveAppend(log, append('1/1', [1], 1));
  t.equal(log.commit, 2, 'C11: an old commit index takes nothing back');
});

t.test('D3: an append before the commit index is answered with it', async (t) => {
  const log = logOfTerms([1, 1, 2, 2], { commit: 3 });
  t.same(receiveAppend(log, append('1/1', [1])), { rejected: false, index: 3 });
});

t.test('B6, B7: the hint skips every term that cannot match', async (t) => {
  const log = logOfTerms([1, 1, 4, 4, 5, 5]);
  const answer = receiveAppend(log, append('6/3', [9]));
  t.match(answer, { rejected: true, index: 6, hint: { index: 2, term: 1 } });
  const short = receiveAppend(log, append('20/9', []));
  t.match(short, { rejected: true, index: 20, hint: { index: 6, term: 5 } });
});

t.test('what no leader sends is refused with an error that names it', async (t) => {
  const bad = (change: (entry: Entry) => Entry) => () => {
    const message = append('1/1', [2, 3]);
    receiveAppend(logOfTerms([1]), { ...message, entries: message.entries.map(change) });
  };
  t.throws(
    bad((entry) => ({ ...entry, index: entry.index + 1 })),
    ImpossibleInput,
    'a gap',
  );
  t.throws(
    bad((entry) => ({ ...entry, term: 6 - entry.term * 2 })),
    ImpossibleInput,
    'falling',
  );
  t.throws(
    bad((entry) => ({ ...entry, term: 10 })),
    ImpossibleInput,
    'a term after the leader',
  );
});

t.test('another entry at a committed index is refused with an error', async (t) => {
  const log = logOfTerms([1, 1, 2], { commit: 2 });
  const forked = { ...append('2/1', [3]), previousIndex: 2 };
  t.same(receiveAppend(log, forked), { rejected: false, index: 3 }, 'above commit is fine');
  log.commitTo(3);
  t.throws(() => log.acceptFrom({ index: 2, term: 1 }, entriesOfTerms([4], 3)), ImpossibleInput);
});
