import t from 'tap';
import { Persistence } from '../../../src/raft/core/persistence.js';
import type { Message } from '../../../src/raft/core/types.js';
import { entriesOfTerms, logOfTerms } from './log-of-terms.js';

const written = { term: 1, vote: 0 };
const silentTicksMax = 24;
const work = { afterDurable: [], tick: 0, candidate: false };

t.test('C18: a commit index alone is no reason to write', async (t) => {
  const log = logOfTerms([1]);
  const persistence = new Persistence(log, written, silentTicksMax);
  t.equal(persistence.needsWrite({ term: 1, vote: 0, commit: 1 }), false);
  t.equal(persistence.needsWrite({ term: 2, vote: 0, commit: 0 }), true);
  t.equal(persistence.needsWrite({ term: 1, vote: 2, commit: 0 }), true);
  for (const entry of entriesOfTerms([1], 2)) log.append(entry);
  t.equal(persistence.needsWrite({ term: 1, vote: 0, commit: 0 }), true);
});

t.test('the commit index is in every hard state that goes with entries', async (t) => {
  const log = logOfTerms([1]);
  const persistence = new Persistence(log, written, silentTicksMax);
  for (const entry of entriesOfTerms([1], 2)) log.append(entry);
  const append = persistence.start({ ...work, state: { term: 1, vote: 0, commit: 1 } });
  t.match(append, { token: 1, hardState: { term: 1, vote: 0, commit: 1 } });
  t.equal(append.entries.length, 1);
});

t.test('messages wait behind the appends under way, with nothing new to write', async (t) => {
  const log = logOfTerms([1]);
  const persistence = new Persistence(log, written, silentTicksMax);
  const message: Message = { type: 'vote-response', from: 1, to: 2, term: 1, granted: false };
  persistence.start({ ...work, state: { term: 2, vote: 0, commit: 0 } });
  t.equal(persistence.underWay, true);
  const state = { term: 2, vote: 0, commit: 0 };
  const place = persistence.start({ ...work, state, afterDurable: [message] });
  t.match(place, { token: 2, entries: [] });
  t.same(place.then, [message]);
  t.equal(place.hardState, undefined);
  persistence.finish(1, 0);
  t.equal(persistence.underWay, true);
  persistence.finish(2, 0);
  t.equal(persistence.underWay, false);
});

t.test('A15: the vote for oneself counts once, when it is durable, unless forgotten', async (t) => {
  const persistence = new Persistence(logOfTerms([1]), written, silentTicksMax);
  const candidate = (term: number) =>
    persistence.start({ ...work, candidate: true, state: { term, vote: 1, commit: 0 } });
  candidate(2);
  t.equal(persistence.finish(1, 0), true);
  t.equal(persistence.finish(1, 0), false, 'once');
  candidate(3);
  persistence.forgetSelfVote();
  t.equal(persistence.finish(2, 0), false, 'the election was lost meanwhile');
  candidate(4);
  persistence.start({ ...work, candidate: true, state: { term: 4, vote: 1, commit: 0 } });
  t.equal(persistence.finish(3, 0), true, 'a later append of the same term is another matter');
});

t.test('B14: a completion stands for everything before it', async (t) => {
  const log = logOfTerms([1]);
  const persistence = new Persistence(log, written, silentTicksMax);
  for (const index of [2, 3]) {
    for (const entry of entriesOfTerms([1], index)) log.append(entry);
    persistence.start({ ...work, state: { term: 1, vote: 0, commit: 0 } });
  }
  persistence.finish(2, 0);
  t.equal(log.durableIndex, 3);
  persistence.finish(1, 0);
  t.equal(log.durableIndex, 3, 'an older one that is told late changes nothing');
});

t.test('H1: silence is counted while something is under way', async (t) => {
  const log = logOfTerms([1]);
  const persistence = new Persistence(log, written, silentTicksMax);
  const write = (term: number, tick: number) =>
    persistence.start({ ...work, tick, state: { term, vote: 0, commit: 0 } });
  t.equal(persistence.silent(100), false);
  write(2, 100);
  write(3, 110);
  t.equal(persistence.silent(124), false);
  t.equal(persistence.silent(125), true);
  persistence.finish(1, 125);
  t.equal(persistence.silent(127), false, 'it answered, so it is alive');
  persistence.finish(2, 128);
  t.equal(persistence.silent(500), false);
});

t.test('R4, R5: what may leave, what waits, and what is let go', async (t) => {
  const log = logOfTerms([1]);
  const persistence = new Persistence(log, written, silentTicksMax);
  const beat: Message = {
    type: 'heartbeat',
    from: 1,
    to: 2,
    term: 1,
    commit: 0,
    context: 0,
    quiet: false,
  };
  const vote: Message = { type: 'vote-response', from: 1, to: 2, term: 1, granted: false };
  const take = (term: number, tick: number, afterDurable: Message[] = [vote]) =>
    persistence.take({
      messages: { now: [beat], afterDurable },
      state: { term, vote: 0, commit: 0 },
      tick,
      candidate: false,
    });
  t.same(take(1, 0), { send: [beat, vote] }, 'all that is said is durable');
  const written2 = take(2, 0);
  t.same(written2.send, [beat]);
  t.same(written2.append?.then, [vote]);
  t.same(take(2, 0, []), { send: [beat] }, 'nothing to write and nothing that waits');
  t.same(take(2, 1).append?.then, [vote], 'a place in the order');
  t.same(take(2, silentTicksMax + 1), { send: [beat] }, 'the disk is silent: let go');
  t.match(take(3, silentTicksMax + 1).append?.hardState, { term: 3 }, 'a new term is written');
});
