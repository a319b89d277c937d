/**
 * The log: what is kept, durable, committed and handed out.
 */
import t from 'tap';
import { encodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { RaftLog } from '../../../src/raft/core/log.js';
import { EntryKind } from '../../../src/raft/core/types.js';
import { entriesOfTerms, logOfTerms } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

const idsOf = (entries: readonly { index: number; term: number }[]) =>
  entries.map(({ index, term }) => `${index}/${term}`).join(' ');

t.test('B13: a completion counts for what its append still stands for', async (t) => {
  const log = logOfTerms([1]);
  const write = (token: number) => {
    const entries = log.takeUnwritten();
    log.appendStarted(token);
    return idsOf(entries);
  };
  for (const entry of entriesOfTerms([1], 2)) log.append(entry);
  t.equal(write(1), '2/1');
  log.acceptFrom({ index: 1, term: 1 }, entriesOfTerms([2], 2));
  t.equal(write(2), '2/2');
  log.acceptFrom({ index: 1, term: 1 }, entriesOfTerms([1, 3], 2));
  t.equal(write(3), '2/1 3/3', 'the old entry is back');
  log.appendFinished(1);
  t.equal(log.durableIndex, 1, 'on disk is 2/1, but 2/2 is about to replace it');
  log.appendFinished(2);
  t.equal(log.durableIndex, 1);
  log.appendFinished(3);
  t.equal(log.durableIndex, 3);
});

t.test('R2: entries that were never written are replaced before they are', async (t) => {
  const log = logOfTerms([1]);
  for (const entry of entriesOfTerms([1, 1, 1], 2)) log.append(entry);
  log.acceptFrom({ index: 2, term: 1 }, entriesOfTerms([2], 3));
  t.equal(idsOf(log.takeUnwritten()), '2/1 3/2');
});

t.test('R2: durable entries that are replaced count as not durable', async (t) => {
  const log = logOfTerms([1, 1, 1]);
  log.acceptFrom({ index: 1, term: 1 }, entriesOfTerms([2], 2));
  t.equal(log.durableIndex, 1);
  t.equal(log.lastIndex, 2);
  t.equal(idsOf(log.takeUnwritten()), '2/2');
});

t.test('R7: applied is what is committed and durable', async (t) => {
  const log = logOfTerms([1]);
  for (const entry of entriesOfTerms([1, 1], 2)) log.append(entry);
  log.commitTo(3);
  t.equal(idsOf(log.takeCommitted(1000)), '1/1');
  log.takeUnwritten();
  log.appendStarted(1);
  t.equal(log.hasCommitted, false);
  log.appendFinished(1);
  t.equal(idsOf(log.takeCommitted(1000)), '2/1 3/1');
  t.same(log.takeCommitted(1000), [], 'once');
});

t.test('C8: a page smaller than what is committed loses nothing', async (t) => {
  const log = logOfTerms([1, 1, 1, 1], { commit: 4 });
  const pages = [];
  while (log.hasCommitted) pages.push(idsOf(log.takeCommitted(7)));
  t.same(pages, ['1/1 2/1', '3/1 4/1']);
});

t.test('an entry larger than a page is given alone', async (t) => {
  const log = logOfTerms([1, 1], { commit: 2 });
  t.equal(idsOf(log.takeCommitted(0)), '1/1');
  t.equal(idsOf(log.entries(2, 0)), '2/1');
});

t.test('the window lets go of what is durable and applied, and reads it from disk', async (t) => {
  const log = logOfTerms([], { windowBytesMax: 9 });
  for (const entry of entriesOfTerms([1, 1, 1, 1])) log.append(entry);
  log.takeUnwritten();
  log.appendStarted(1);
  log.commitTo(4);
  log.appendFinished(1);
  t.equal(idsOf(log.entries(1, 1000)), '1/1 2/1 3/1 4/1', 'nothing applied: all in memory');
  log.takeCommitted(1000);
  log.appliedTo(4);
  t.throws(() => log.entries(1, 1000), InvariantViolation, 'this disk has nothing');
  t.equal(idsOf(log.entries(3, 1000)), '3/1 4/1');
});

t.test('B19: a disk that gives nothing is not the end of the log', async (t) => {
  const log = new RaftLog({
    mark: { index: 0, term: 0, configuration: configurationOf({ voters: 1 }) },
    lastIndex: 2,
    terms: [{ from: 1, term: 1 }],
    configurations: [],
    installing: false,
    commit: 2,
    applied: 0,
    reader: { entries: () => [] },
    windowBytesMax: 10,
  });
  t.throws(() => log.entries(1, 100), InvariantViolation);
  t.throws(() => log.takeCommitted(100), InvariantViolation);
});

t.test('5.3: where two logs may agree, whole terms skipped', async (t) => {
  const log = logOfTerms([1, 1, 4, 4, 5]);
  t.same(log.lastPossibleMatch(5, 4), { index: 4, term: 4 });
  t.same(log.lastPossibleMatch(5, 3), { index: 2, term: 1 });
  t.same(log.lastPossibleMatch(9, 9), { index: 5, term: 5 });
  t.same(log.lastPossibleMatch(5, 0), { index: 0, term: 0 });
});

t.test('B9: below the mark the term is unknown, which is a possible match', async (t) => {
  const log = logOfTerms([1, 1, 4, 4, 5], { commit: 4, applied: 4 });
  log.compactTo(4);
  t.same(log.lastPossibleMatch(5, 2), { index: 4, term: 4 });
  t.same(log.lastPossibleMatch(3, 9), { index: 3, term: 0 });
  t.equal(log.term(3), undefined);
  t.equal(log.term(4), 4, 'the mark itself is known');
});

t.test('B18: a log that is compacted to its end still says where it ends', async (t) => {
  const log = logOfTerms([1, 2], { commit: 2, applied: 2 });
  log.compactTo(2);
  t.same(log.last, { index: 2, term: 2 });
  t.equal(log.firstIndex, 3);
  t.equal(log.isUpToDate({ index: 2, term: 2 }), true);
  for (const entry of entriesOfTerms([2], 3)) log.append(entry);
  t.equal(log.term(3), 2);
});

t.test('only what is applied and durable is compacted; twice is once', async (t) => {
  const log = logOfTerms([1, 1, 1], { commit: 3, applied: 2 });
  t.throws(() => log.compactTo(3), InvariantViolation);
  log.compactTo(2);
  log.compactTo(1);
  t.equal(log.firstIndex, 3);
});

t.test('committed entries are never replaced, and commit is never beyond the end', async (t) => {
  const log = logOfTerms([1, 1, 1], { commit: 2 });
  const replace = () => log.acceptFrom({ index: 1, term: 1 }, entriesOfTerms([2], 2));
  t.throws(replace, ImpossibleInput);
  t.throws(() => log.commitTo(4), ImpossibleInput, 'B5: a wiped replica under its old id');
  log.commitTo(1);
  t.equal(log.commit, 2, 'C11');
});

t.test('B1: what comes again is skipped entry by entry', async (t) => {
  const log = logOfTerms([1, 1, 1]);
  t.equal(log.acceptFrom({ index: 0, term: 0 }, entriesOfTerms([1, 1])), true);
  t.equal(log.lastIndex, 3);
  t.equal(log.hasUnwritten, false);
});

t.test('a configuration goes with its entry when that is truncated', async (t) => {
  const log = logOfTerms([1, 1], { commit: 1, applied: 1 });
  const data = encodeConfiguration(configurationOf({ voters: 3 }));
  log.append({ index: 3, term: 1, kind: EntryKind.configuration, data });
  t.equal(log.configurations.at(3).voters.length, 3);
  t.equal(log.configurationUnapplied, false, 'nobody says that it is committed');
  log.acceptFrom({ index: 2, term: 1 }, entriesOfTerms([2], 3));
  t.equal(log.configurations.at(3).voters.length, 1);
  log.commitTo(3);
  t.equal(log.configurationUnapplied, false);
  log.append({ index: 4, term: 2, kind: EntryKind.configuration, data });
  log.commitTo(4);
  t.equal(log.configurationUnapplied, true);
  t.equal(log.configurationInForce.voters.length, 1, 'until it is applied');
});

t.test('what should be a configuration and is none stops the replica', async (t) => {
  const log = logOfTerms([1]);
  const entry = { index: 2, term: 1, kind: EntryKind.configuration, data: Buffer.from('x') };
  t.throws(() => log.append(entry), ImpossibleInput);
});
