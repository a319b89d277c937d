/**
 * What a follower says to its leader: about old appends, snapshots that it has or has not, and a
 * goodbye that it does or does not go along with.
 */
import t from 'tap';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { defaultLimits, defaultTiming } from '../../../src/raft/core/options.js';
import { Raft } from '../../../src/raft/core/raft.js';
import type { SnapshotDescription } from '../../../src/raft/core/types.js';
import { entriesOfTerms, readerOf } from './log-of-terms.js';
import { configurationOf, SimulatedCluster, to } from './simulated-cluster.js';

/** Replica 3 was away while 1 and 2 went on to entry 4, and leader 1 has compacted up to it. */
function oneBehind(): SimulatedCluster {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.crash(3);
  cluster.propose(1, 'x', 'y', 'z');
  cluster.settle();
  cluster.replica(1).compact(4);
  cluster.drain(1);
  cluster.restart(3);
  return cluster;
}

function heartbeat(cluster: SimulatedCluster, id = 1): void {
  cluster.tick(id, 2);
  cluster.settle();
}

/** Everybody holds two entries, committed and applied. */
function caughtUp(): SimulatedCluster {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.settle();
  return cluster;
}

t.test('D1, sys 20: a snapshot of what the log holds changes nothing in it', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = (message) => message.to === 3 && message.type === 'heartbeat';
  cluster.propose(1, 'x', 'y', 'z');
  cluster.settle();
  const configuration = cluster.status(3).configuration;
  const snapshot = { index: 3, term: 1, configuration, bytes: 1, checksum: 1 };
  const offer = { type: 'snapshot', from: 1, to: 3, term: 1, snapshot } as const;
  cluster.inject(offer);
  t.equal(cluster.replica(3).fetch, undefined);
  t.match(cluster.status(3), { firstIndex: 1, lastIndex: 4 });
  t.match(cluster.inFlight, [{ type: 'append-response', rejected: false }]);
  // Nor does one that was fetched before the entries came.
  cluster.replica(3).state.receive({ snapshot, digest: '' });
  cluster.step(3, { kind: 'snapshot-received', snapshot });
  t.match(cluster.status(3), { firstIndex: 1, lastIndex: 4, installing: false });
});

t.test('D1: the commit index is learned from it, for it is committed', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.held = (message) => message.type !== 'append';
  cluster.propose(1, 'x', 'y');
  cluster.settle();
  t.equal(cluster.status(3).commit, 1);
  const configuration = cluster.status(3).configuration;
  const snapshot = { index: 3, term: 1, configuration, bytes: 1, checksum: 1 };
  cluster.inject({ type: 'snapshot', from: 1, to: 3, term: 1, snapshot });
  t.equal(cluster.status(3).commit, 3);
});

t.test('D12, sys 21: another entry than the committed one is refused aloud', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x', 'y');
  cluster.settle();
  heartbeat(cluster);
  const configuration = cluster.status(3).configuration;
  const other: SnapshotDescription = { index: 2, term: 2, configuration, bytes: 1, checksum: 1 };
  const ends = { type: 'snapshot', from: 2, to: 3 } as const;
  t.throws(() => cluster.inject({ ...ends, term: 2, snapshot: other }), ImpossibleInput);
  const late = { ...other, index: 9, term: 7 };
  t.throws(() => cluster.inject({ ...ends, term: 3, snapshot: late }), ImpossibleInput, 'term');
});

t.test('an older snapshot, an overtaken offer, the same one twice: nothing new', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(3);
  heartbeat(cluster);
  const snapshot = cluster.replica(3).fetch?.snapshot;
  if (snapshot === undefined) throw new Error('a snapshot was offered');
  const ends = { type: 'snapshot', from: 1, to: 3, term: 1 } as const;
  cluster.replica(3).fetch = undefined;
  cluster.inject({ ...ends, snapshot });
  t.equal(cluster.replica(3).fetch, undefined, 'that one is being fetched');
  cluster.inject({ ...ends, snapshot: { ...snapshot, index: 3 } });
  t.equal(cluster.replica(3).fetch, undefined, 'overtaken');
  const newer = { ...snapshot, index: 9, checksum: 9 };
  cluster.inject({ ...ends, snapshot: newer });
  t.match(cluster.replica(3).fetch, { from: 1, snapshot: { index: 9 } });
  cluster.inject({ ...ends, snapshot: { ...snapshot, index: 1 } });
  t.equal(cluster.status(3).fetching?.index, 9);
  t.match(cluster.inFlight, [{ rejected: false, index: 1 }], 'what is committed here is here');
});

t.test('D3: an append from before the mark is answered with the commit index', async (t) => {
  const cluster = oneBehind();
  cluster.slowSnapshots.add(3);
  heartbeat(cluster);
  cluster.fetch(3);
  cluster.settle();
  cluster.drop();
  const previous = { previousIndex: 1, previousTerm: 1, commit: 4, entries: [] };
  cluster.inject({ type: 'append', from: 1, to: 3, term: 1, ...previous });
  cluster.durable(3);
  t.match(cluster.inFlight, [{ type: 'append-response', rejected: false, index: 4 }]);
  t.equal(cluster.status(3).firstIndex, 5);
});

t.test('a goodbye to a follower that has not all of it is a heartbeat like others', async (t) => {
  const cluster = caughtUp();
  const goodbye = { type: 'heartbeat', from: 1, to: 3, term: 1, context: 7, quiet: true } as const;
  heartbeat(cluster);
  cluster.inject({ ...goodbye, commit: 1 });
  t.equal(cluster.status(3).quiet, false, 'it has more than this one speaks of');
  t.match(cluster.inFlight, [{ type: 'heartbeat-response', context: 0 }], 'a poke, not round 7');
  cluster.inject({ ...goodbye, commit: 2 });
  t.equal(cluster.status(3).quiet, true);
  cluster.drop();
  cluster.inject({ ...goodbye, commit: 1 });
  t.equal(cluster.status(3).quiet, true, 'said before');
  t.same(cluster.inFlight, []);
});

t.test('G6: nor one that has not written, or waits for a read', async (t) => {
  const cluster = caughtUp();
  heartbeat(cluster);
  const goodbye = { type: 'heartbeat', from: 1, to: 3, term: 1, context: 0, quiet: true } as const;
  cluster.slowDisks.add(3);
  cluster.propose(1, 'y');
  cluster.settle();
  cluster.inject({ ...goodbye, commit: 3 });
  t.equal(cluster.status(3).quiet, false, 'not durable');
  cluster.slowDisks.clear();
  cluster.held = to(1);
  cluster.settle();
  cluster.read(3);
  cluster.inject({ ...goodbye, commit: 3 });
  t.equal(cluster.status(3).quiet, false, 'somebody waits');
});

t.test('a log that was never begun takes a snapshot and no entries', async (t) => {
  const nobody = { voters: [], outgoing: [], learners: [], learnersNext: [] };
  const raft = new Raft({
    self: 3,
    mark: { index: 0, term: 0, configuration: { ...nobody, autoLeave: false, nextReplica: 0 } },
    hardState: { term: 0, vote: 0, commit: 0 },
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
  const ends = { from: 1, to: 3, term: 4 };
  const append = { previousIndex: 0, previousTerm: 0, commit: 1, entries: entriesOfTerms([4]) };
  raft.step({ kind: 'message', message: { type: 'append', ...ends, ...append } });
  const first = raft.drain()?.append;
  const refusal = { type: 'append-response', to: 1, rejected: true, wantsSnapshot: true };
  t.same(first?.entries, []);
  t.match(first?.then, [refusal]);
  const configuration = configurationOf({ voters: 3 });
  const snapshot = { index: 7, term: 3, configuration, bytes: 1, checksum: 1 };
  raft.step({ kind: 'message', message: { type: 'snapshot', ...ends, snapshot } });
  t.match(raft.drain(), { fetch: { from: 1, snapshot: { index: 7 } } });
  raft.step({ kind: 'snapshot-received', snapshot });
  const acknowledgement = { type: 'append-response', to: 1, rejected: false, index: 7 };
  const taken = raft.drain();
  t.match(taken?.append?.snapshot, { index: 7, term: 3 });
  t.match(taken?.append?.then, [acknowledgement]);
  t.same(taken?.configuration, configuration);
  t.match(raft.status, { firstIndex: 8, commit: 7, installing: true, uninitialised: false });
  raft.step({ kind: 'snapshot-installed', index: 7 });
  t.match(raft.status, { applied: 7, installing: false });
});
