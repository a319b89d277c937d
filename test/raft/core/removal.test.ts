/**
 * To whom a replica listens, and when it falls silent itself; whole groups are in raft-membership.
 */
import t from 'tap';
import { defaultLimits, defaultTiming } from '../../../src/raft/core/options.js';
import { Raft } from '../../../src/raft/core/raft.js';
import type { Message } from '../../../src/raft/core/types.js';
import { readerOf } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

/** Replica 1 of 1 to 3; 4 was removed before, 5 is the next one. */
function replica(): Raft {
  const raft = new Raft({
    self: 1,
    mark: {
      index: 0,
      term: 0,
      configuration: { ...configurationOf({ voters: 3 }), nextReplica: 5 },
    },
    hardState: { term: 3, vote: 0, commit: 0 },
    lastIndex: 0,
    terms: [],
    configurations: [],
    applied: 0,
    installing: false,
    reader: readerOf([]),
    random: () => 0,
    timing: defaultTiming,
    limits: defaultLimits,
  });
  raft.drain();
  return raft;
}

const log = { lastIndex: 0, lastTerm: 0, commit: 0, commitTerm: 0, transfer: false };
const vote = (from: number, term = 4): Message => ({ type: 'vote', from, to: 1, term, ...log });
const heartbeat = (from: number, term: number): Message => {
  return { type: 'heartbeat', from, to: 1, term, commit: 0, context: 0, quiet: false };
};
const gone = (from: number): Message => ({ type: 'gone', from, to: 1, term: 9 });

t.test(
  'G2, sys 28: an id that was given before and is no member any longer is nobody',
  async (t) => {
    const raft = replica();
    raft.step({ kind: 'message', message: vote(4) });
    raft.step({ kind: 'message', message: heartbeat(4, 4) });
    raft.step({ kind: 'message', message: gone(4) });
    t.match(raft.status, { term: 3, vote: 0, leader: 0, removed: false });
    t.equal(raft.drain(), undefined, 'and whoever does not lead says nothing to it');
  },
);

t.test('an id that was given later belongs to a newer configuration, and is heard', async (t) => {
  const raft = replica();
  raft.step({ kind: 'message', message: vote(5) });
  t.match(raft.status, { term: 4, vote: 5 });
  raft.step({ kind: 'message', message: heartbeat(6, 5) });
  t.match(raft.status, { term: 5, leader: 6 });
});

t.test('what is meant for another incarnation is not for this one', async (t) => {
  const raft = replica();
  raft.step({ kind: 'message', message: { ...vote(2), to: 4 } });
  raft.step({ kind: 'message', message: { ...gone(2), to: 4 } });
  t.match(raft.status, { term: 3, removed: false });
});

t.test('who was told to go is silent and leads nobody, whatever happens', async (t) => {
  const raft = replica();
  raft.step({ kind: 'message', message: heartbeat(2, 3) });
  raft.step({ kind: 'read', id: 7 });
  raft.drain();
  raft.step({ kind: 'message', message: gone(2) });
  t.match(raft.status, { removed: true, role: 'follower', leader: 0, term: 3 });
  t.match(raft.drain(), { send: [], dropped: [{ id: 7, reason: 'leader-changed' }] });
  raft.step({ kind: 'campaign' });
  for (let i = 0; i < 100; i += 1) raft.step({ kind: 'tick' });
  raft.step({ kind: 'message', message: heartbeat(2, 9) });
  raft.step({ kind: 'message', message: vote(2, 9) });
  t.match(raft.status, { role: 'follower', term: 3, leader: 0 });
  t.equal(raft.drain(), undefined);
});
