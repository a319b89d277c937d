/**
 * The replica as its host sees it: what is stepped, what is drained, what is refused.
 */
import t from 'tap';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { defaultLimits, defaultTiming } from '../../../src/raft/core/options.js';
import { Raft } from '../../../src/raft/core/raft.js';
import type { Input, Message } from '../../../src/raft/core/types.js';
import { entriesOfTerms, readerOf } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

function replica(change: Partial<ConstructorParameters<typeof Raft>[0]> = {}): Raft {
  return new Raft({
    self: 1,
    // 4 to 9 were members once.
    mark: {
      index: 0,
      term: 0,
      configuration: { ...configurationOf({ voters: 3 }), nextReplica: 10 },
    },
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
    ...change,
  });
}

const message = (message: Message): Input => ({ kind: 'message', message });
const heartbeat: Message = {
  type: 'heartbeat',
  from: 2,
  to: 1,
  term: 3,
  commit: 0,
  context: 0,
  quiet: false,
};

t.test('the first drain tells the role; with nothing to do there are no effects', async (t) => {
  const raft = replica();
  t.match(raft.drain(), { role: { role: 'follower', term: 0, leader: 0 } });
  t.equal(raft.drain(), undefined);
  raft.step({ kind: 'tick' });
  t.equal(raft.drain(), undefined);
});

t.test('many steps, one drain: one append for everything', async (t) => {
  const raft = replica({
    mark: { index: 0, term: 0, configuration: configurationOf({ voters: 1 }) },
  });
  raft.step({ kind: 'campaign' });
  raft.step({ kind: 'appended', token: raft.drain()?.append?.token ?? 0 });
  const proposals = [1, 2, 3].map((id) => ({ id, data: Buffer.from(`${id}`) }));
  raft.step({ kind: 'propose', proposals: proposals.slice(0, 2) });
  raft.step({ kind: 'propose', proposals: proposals.slice(2) });
  const effects = raft.drain();
  t.equal(effects?.append?.entries.length, 4, 'with the empty entry of the new term');
  t.match(effects?.proposed, [
    { id: 1, entry: { index: 2, term: 1 } },
    { id: 2, entry: { index: 3, term: 1 } },
    { id: 3, entry: { index: 4, term: 1 } },
  ]);
});

t.test('the same inputs give the same effects', async (t) => {
  const run = () => {
    const raft = replica();
    const effects = [];
    const inputs: Input[] = [
      { kind: 'campaign' },
      message({ type: 'pre-vote-response', from: 3, to: 1, term: 1, granted: true }),
      message(heartbeat),
      { kind: 'read', id: 7 },
      ...Array<Input>(30).fill({ kind: 'tick' }),
    ];
    for (const input of inputs) {
      raft.step(input);
      effects.push(raft.drain());
    }
    return effects;
  };
  t.same(run(), run());
});

t.test('G2: a message for another incarnation or from a stranger is ignored', async (t) => {
  const raft = replica();
  raft.drain();
  raft.step(message({ ...heartbeat, to: 4 }));
  raft.step(message({ ...heartbeat, from: 9 }));
  t.equal(raft.drain(), undefined);
  t.equal(raft.status.term, 0);
});

t.test('5.1: a term becomes durable before anything that speaks of it', async (t) => {
  const raft = replica();
  raft.step(
    message({ ...heartbeat, type: 'append', previousIndex: 4, previousTerm: 2, entries: [] }),
  );
  const effects = raft.drain();
  t.match(effects?.append?.hardState, { term: 3, vote: 0 });
  t.match(effects?.append?.then, [{ type: 'append-response', rejected: true }]);
  t.same(effects?.send, []);
});

t.test('heartbeats of a known term write nothing', async (t) => {
  const raft = replica({ hardState: { term: 3, vote: 0, commit: 0 } });
  raft.step(message(heartbeat));
  const effects = raft.drain();
  t.match(effects?.send, [{ type: 'heartbeat-response' }]);
  t.equal(effects?.append, undefined);
});

t.test('C5, C18: commit travels with entries and is not written alone', async (t) => {
  const raft = replica({ hardState: { term: 3, vote: 0, commit: 0 } });
  const entries = entriesOfTerms([1, 3]);
  const append = { ...heartbeat, type: 'append', previousIndex: 0, previousTerm: 0 } as const;
  raft.step(message({ ...append, entries, commit: 1 }));
  t.match(raft.drain()?.append?.hardState, { commit: 1 }, 'as high as the message said');
  raft.step({ kind: 'appended', token: 1 });
  raft.drain();
  raft.step(message({ ...append, previousIndex: 2, previousTerm: 3, entries: [], commit: 2 }));
  const effects = raft.drain();
  t.equal(effects?.append, undefined);
  t.equal(effects?.apply.length, 1);
});

t.test('two leaders of one term are impossible input, with a clear message', async (t) => {
  const raft = replica({
    mark: { index: 0, term: 0, configuration: configurationOf({ voters: 1, learners: 1 }) },
  });
  raft.step({ kind: 'campaign' });
  raft.step({ kind: 'appended', token: raft.drain()?.append?.token ?? 0 });
  t.equal(raft.status.role, 'leader');
  t.throws(() => raft.step(message({ ...heartbeat, term: 1 })), {
    name: 'ImpossibleInput',
    message: 'replica 2 leads term 1, and so does this one',
  });
});

t.test('B5: a heartbeat that commits what was lost stops the replica with a message', async (t) => {
  const raft = replica();
  t.throws(() => raft.step(message({ ...heartbeat, commit: 3730 })), {
    name: 'ImpossibleInput',
    message: 'told that 3730 is committed, but this log ends at 0: was it lost?',
  });
});

t.test('a start that no disk should give is impossible input', async (t) => {
  const log = { lastIndex: 2, terms: [{ from: 1, term: 5 }] };
  t.throws(() => replica({ ...log, hardState: { term: 4, vote: 0, commit: 0 } }), ImpossibleInput);
  t.throws(() => replica({ hardState: { term: 4, vote: 0, commit: 1 } }), ImpossibleInput);
});

t.test('a host that applies what it was not given is stopped', async (t) => {
  t.throws(() => replica().step({ kind: 'applied', index: 1 }), InvariantViolation);
  t.throws(() => replica().step({ kind: 'compacted', index: 1 }), InvariantViolation);
});

t.test('answers to a replica that leads nobody are ignored', async (t) => {
  const raft = replica({ hardState: { term: 3, vote: 0, commit: 0 } });
  raft.drain();
  const ends = { from: 2, to: 1, term: 3 } as const;
  const answer = { rejected: false, index: 5, hintIndex: 0, hintTerm: 0, wantsSnapshot: false };
  raft.step(message({ type: 'append-response', ...ends, ...answer }));
  raft.step(message({ type: 'heartbeat-response', ...ends, context: 4 }));
  raft.step(message({ type: 'vote-response', ...ends, granted: true }));
  raft.step(message({ type: 'pre-vote-response', ...ends, granted: true }));
  raft.step(message({ type: 'read-index', ...ends, context: 4 }));
  raft.step(message({ type: 'read-index-response', ...ends, context: 4, index: 9 }));
  raft.step({ kind: 'transfer', to: 2 });
  raft.step({ kind: 'unreachable', replica: 2 });
  t.equal(raft.drain(), undefined);
});

t.test(
  'G2: a replica that is no member campaigns never, and asks whether it was removed',
  async (t) => {
    const raft = replica({ self: 9 });
    raft.drain();
    for (let i = 0; i < 100; i += 1) raft.step({ kind: 'tick' });
    const { send = [], append } = raft.drain() ?? {};
    t.same(
      [...new Set(send.map(({ type, to }) => `${type} to ${to}`))],
      ['pre-vote to 1', 'pre-vote to 2', 'pre-vote to 3'],
    );
    t.equal(append, undefined);
    t.equal(raft.status.term, 0);
  },
);
