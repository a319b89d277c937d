/** Who waits for what of one group: each settles once, with what is known and no more. */
import fc from 'fast-check';
import t from 'tap';
import { defaultLimits, defaultTiming } from '../../src/raft/core/options.js';
import { Raft } from '../../src/raft/core/raft.js';
import { type Entry, EntryKind, type Message } from '../../src/raft/core/types.js';
import { Group, type ProposalOutcome, type ReadOutcome } from '../../src/raft/group.js';
import { configurationOf, replicaOf } from './host-world.js';

/** Replica of node 1 in a group of `nodes`; its appends are durable at once. */
class Driven {
  readonly group: Group;
  readonly outcomes: [string, ProposalOutcome][] = [];
  readonly reads: [string, ReadOutcome][] = [];
  readonly sent: Message[] = [];
  term = 1;

  constructor(nodes = 3) {
    const raft = new Raft({
      self: replicaOf(1),
      mark: { index: 0, term: 0, configuration: configurationOf(nodes) },
      hardState: { term: 0, vote: 0, commit: 0 },
      lastIndex: 0,
      terms: [],
      configurations: [],
      applied: 0,
      installing: false,
      reader: { entries: () => [] },
      random: () => 0.5,
      timing: defaultTiming,
      limits: defaultLimits,
    });
    this.group = new Group(1, raft);
  }

  turn(): void {
    for (;;) {
      const effects = this.group.turn();
      if (effects === undefined) return;
      this.sent.push(...effects.send);
      const { append } = effects;
      if (append === undefined) continue;
      this.sent.push(...append.then);
      this.group.receive({ kind: 'appended', token: append.token });
    }
  }

  /** Node 2 grants whatever it is asked for. */
  lead(): void {
    this.group.receive({ kind: 'campaign' });
    this.turn();
    const ends = { from: replicaOf(2), to: replicaOf(1) };
    this.term = this.group.raft.status.term + 1;
    const granted = { ...ends, term: this.term, granted: true };
    this.group.receive({ kind: 'message', message: { type: 'pre-vote-response', ...granted } });
    this.turn();
    this.group.receive({ kind: 'message', message: { type: 'vote-response', ...granted } });
    this.turn();
    if (this.group.raft.role !== 'leader') throw new Error('not elected');
  }

  propose(text: string): void {
    this.group.propose(Buffer.from(text), (outcome) => this.outcomes.push([text, outcome]));
  }

  read(text: string, endMs = 1_000, nowMs = 0): void {
    this.group.read({ nowMs, endMs }, (outcome) => this.reads.push([text, outcome]));
  }

  /** Node 2 acknowledges everything up to `index`. */
  acknowledge(index: number): void {
    const message = {
      type: 'append-response',
      from: replicaOf(2),
      to: replicaOf(1),
      term: this.term,
      rejected: false,
      index,
      hintIndex: 0,
      hintTerm: 0,
      wantsSnapshot: false,
    } as const;
    this.group.receive({ kind: 'message', message });
    this.turn();
  }

  /** A leader of a later term on node 3 sends these entries. */
  overwrite(
    previous: { index: number; term: number },
    entries: readonly Entry[],
    commit = previous.index + entries.length,
  ): void {
    this.term += 1;
    const message = {
      type: 'append',
      from: replicaOf(3),
      to: replicaOf(1),
      term: this.term,
      previousIndex: previous.index,
      previousTerm: previous.term,
      commit,
      entries,
    } as const;
    this.group.receive({ kind: 'message', message });
    this.turn();
  }

  apply(): void {
    while (this.group.hasApplyWork) {
      const entries = this.group.takeApplyWork(1_000, 1e9);
      this.group.applied(
        entries,
        entries.map((entry) => `${entry.index}/${entry.term}`),
      );
    }
    this.turn();
  }
}

function command(index: number, term: number): Entry {
  return { index, term, kind: EntryKind.command, data: Buffer.from('other') };
}

t.test('a proposal to a follower is dropped in the same turn', async (t) => {
  const driven = new Driven();
  driven.propose('a');
  driven.turn();
  t.same(driven.outcomes, [['a', { status: 'not-applied', reason: 'not-leader' }]]);
  t.equal(driven.group.waitingProposals, 0);
});

t.test(
  'a proposal is answered when its entry is applied, with the result of that entry',
  async (t) => {
    const driven = new Driven();
    driven.lead();
    driven.propose('a');
    driven.propose('b');
    driven.turn();
    t.equal(driven.group.waitingProposals, 2);
    driven.acknowledge(3);
    t.same(driven.outcomes, [], 'committed is not applied');
    driven.apply();
    t.same(driven.outcomes, [
      ['a', { status: 'applied', result: '2/1', index: 2 }],
      ['b', { status: 'applied', result: '3/1', index: 3 }],
    ]);
    t.equal(driven.group.waitingProposals, 0);
  },
);

t.test('losing the leadership settles nothing; another committed entry does', async (t) => {
  const driven = new Driven();
  driven.lead();
  driven.propose('a');
  driven.turn();
  driven.overwrite({ index: 0, term: 0 }, [command(1, 2)]);
  driven.apply();
  t.same(driven.outcomes, [], 'index 2 is open');
  t.equal(driven.group.waitingProposals, 1);
  driven.overwrite({ index: 1, term: 2 }, [command(2, 3)]);
  driven.apply();
  t.same(driven.outcomes, [['a', { status: 'not-applied', reason: 'superseded' }]]);
});

t.test('proposals of two leaderships at one index: one is applied, the other not', async (t) => {
  for (const winner of ['old', 'new'] as const) {
    const driven = new Driven();
    const start = { index: 0, term: 0 };
    driven.lead();
    driven.propose('first');
    driven.propose('old');
    driven.turn();
    // Truncated to one entry by a leader of term 2, then leading again in term 3: the empty entry
    // stands at index 2 and the next proposal at index 3, where the old one stood.
    driven.overwrite(start, [command(1, 2)], 0);
    driven.lead();
    driven.propose('new');
    driven.turn();
    t.equal(driven.group.raft.status.lastIndex, 3);
    t.equal(driven.group.waitingProposals, 2, 'indexes that are open');
    if (winner === 'new') driven.acknowledge(3);
    else
      driven.overwrite(
        start,
        [1, 2, 3].map((index) => command(index, 1)),
      );
    driven.apply();
    const outcomes = new Map(driven.outcomes);
    t.equal(driven.outcomes.length, 3, 'once each');
    const superseded = { status: 'not-applied', reason: 'superseded' } as const;
    const result = winner === 'old' ? '3/1' : '3/3';
    t.same(outcomes.get(winner), { status: 'applied', result, index: 3 });
    t.same(outcomes.get(winner === 'old' ? 'new' : 'old'), superseded);
    t.equal(outcomes.get('first')?.status, winner === 'old' ? 'applied' : 'not-applied');
    t.equal(driven.group.waitingProposals, 0);
  }
});

t.test('all reads of a turn are one question', async (t) => {
  const driven = new Driven();
  driven.overwrite({ index: 0, term: 0 }, [command(1, 2)]);
  driven.apply();
  for (const name of ['a', 'b', 'c']) driven.read(name);
  driven.turn();
  const questions = driven.sent.filter(({ type }) => type === 'read-index');
  t.equal(questions.length, 1);
  t.equal(driven.group.waitingReads, 1);
  answer(driven, 1);
  driven.group.serveReads(0);
  t.equal(driven.reads.length, 0, 'index 1 is not applied');
  driven.group.serveReads(1);
  t.same(
    driven.reads.map(([name, { status }]) => [name, status]),
    ['a', 'b', 'c'].map((name) => [name, 'granted']),
  );
  t.equal(driven.group.waitingReads, 0);
});

function answer(driven: Driven, index: number): void {
  const asked = driven.sent.findLast((message) => message.type === 'read-index');
  if (asked?.type !== 'read-index') throw new Error('nothing was asked');
  const { context, term } = asked;
  const ends = { from: replicaOf(3), to: replicaOf(1), term };
  const message = { type: 'read-index-response', ...ends, context, index } as const;
  driven.group.receive({ kind: 'message', message });
  driven.turn();
}

t.test('freshness is the moment of the first read of the question, and never falls', async (t) => {
  const driven = new Driven();
  driven.overwrite({ index: 0, term: 0 }, [command(1, 2)]);
  driven.apply();
  t.equal(driven.group.freshMs, undefined);
  driven.read('a', 1_000, 70);
  driven.read('b', 1_000, 75);
  driven.turn();
  answer(driven, 1);
  driven.group.serveReads(1);
  t.equal(driven.group.freshMs, 70);
  t.match(driven.reads[1], ['b', { status: 'granted', askedMs: 70 }]);
});

t.test('reads are let go when their time is over, asked or granted; once', async (t) => {
  const driven = new Driven();
  driven.overwrite({ index: 0, term: 0 }, [command(1, 2)]);
  driven.apply();
  driven.read('asked', 100);
  driven.read('asked longer', 200);
  driven.turn();
  driven.group.expireReads(150);
  t.equal(driven.reads.length, 0, 'the question stays while one of its readers waits');
  driven.group.expireReads(200);
  t.same(
    driven.reads.map(([, outcome]) => outcome),
    [
      { status: 'dropped', reason: 'late' },
      { status: 'dropped', reason: 'late' },
    ],
  );
  answer(driven, 1);
  driven.group.serveReads(1);
  t.equal(driven.reads.length, 2, 'an answer that comes later is for nobody');
  driven.read('granted', 300, 250);
  driven.turn();
  answer(driven, 1);
  driven.group.expireReads(299);
  t.equal(driven.group.waitingReads, 1);
  driven.group.expireReads(300);
  driven.group.serveReads(1);
  t.same(driven.reads[2], ['granted', { status: 'dropped', reason: 'late' }]);
  t.equal(driven.group.waitingReads, 0);
});

t.test('stopping: what was proposed is unknown, what was not is not applied', async (t) => {
  const driven = new Driven();
  driven.lead();
  driven.propose('proposed');
  driven.turn();
  driven.propose('waiting');
  driven.read('read');
  driven.group.stop();
  driven.group.stop();
  t.same(driven.outcomes, [
    ['waiting', { status: 'not-applied', reason: 'stopped' }],
    ['proposed', { status: 'unknown' }],
  ]);
  t.same(driven.reads, [['read', { status: 'dropped', reason: 'stopped' }]]);
  t.equal(driven.group.waitingProposals + driven.group.waitingReads, 0);
});

t.test('apply work is taken in order, one entry at least, within both limits', async () => {
  const sizes = fc.array(fc.nat(50), { minLength: 1, maxLength: 30 });
  const limit = fc.integer({ min: 0, max: 120 });
  fc.assert(
    fc.property(sizes, limit, limit, (bytes, entriesMax, bytesMax) => {
      const driven = new Driven(1);
      driven.group.receive({ kind: 'campaign' });
      driven.turn();
      for (const size of bytes) driven.propose('x'.repeat(size));
      driven.turn();
      let next = 1;
      while (driven.group.hasApplyWork) {
        const entries = driven.group.takeApplyWork(entriesMax, bytesMax);
        const total = entries.reduce((sum, { data }) => sum + data.length, 0);
        if (entries.length === 0) return false;
        if (entries.length > 1 && (entries.length > entriesMax || total > bytesMax)) return false;
        for (const { index } of entries) if (index !== next++) return false;
      }
      return next === bytes.length + 2;
    }),
  );
});

t.test('results must match entries', async (t) => {
  t.throws(() => new Driven().group.applied([command(1, 1)], []), /every entry has a result/);
});
