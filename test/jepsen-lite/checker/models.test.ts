/** What each model says of the simplest violations, word for word. */
import t from 'tap';
import { defaultLimits } from '../../../jepsen-lite/checker/limits.js';
import { specialModels } from '../../../jepsen-lite/checker/models.js';
import type { HistoryEvent, Value } from '../../../jepsen-lite/history/event.js';
import { HistoryError } from '../../../jepsen-lite/history/history-error.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';

type ModelName = keyof typeof specialModels;

interface Told {
  readonly f: string;
  readonly asked?: Value;
  readonly answered?: Value;
  readonly type?: 'ok' | 'fail' | 'info';
  readonly revision?: number;
}

/** One after the other, a client each, a millisecond for each event. */
function inTurn(...calls: readonly Told[]): HistoryEvent[] {
  return calls.flatMap(({ f, asked, answered, type = 'ok', revision }, process): HistoryEvent[] => {
    const of = { process, f, key: 'k' };
    const value = answered !== undefined && type === 'ok' ? { value: answered } : {};
    const told = revision === undefined ? {} : { shardRevision: revision };
    return [
      {
        ...of,
        type: 'invoke',
        timeNs: 2e6 * process,
        ...(asked !== undefined && { value: asked }),
      },
      { ...of, type, timeNs: 2e6 * process + 1e6, ...value, ...told },
    ];
  });
}

interface Case {
  readonly model: ModelName;
  readonly calls: readonly Told[];
  /** Undefined: valid. */
  readonly says?: readonly string[];
}

const cases: readonly Case[] = [
  {
    model: 'set',
    calls: [
      { f: 'add', asked: 7 },
      { f: 'members', answered: [] },
    ],
    says: [
      'key k: members k -> [] (#1, client 1, 2 ms to 3 ms) lacks 7, although before it',
      'began was confirmed: add k 7 -> ok (#0, client 0, 0 ms to 1 ms)',
    ],
  },
  {
    model: 'set',
    calls: [
      { f: 'add', asked: 7, type: 'fail' },
      { f: 'members', answered: [7] },
    ],
    says: [
      'key k: members k -> [7] (#1, client 1, 2 ms to 3 ms) has 7, although it was',
      'refused: add k 7 -> fail (#0, client 0, 0 ms to 1 ms)',
    ],
  },
  {
    model: 'set',
    calls: [
      { f: 'add', asked: 7, type: 'info' },
      { f: 'members', answered: [7] },
      { f: 'members', answered: [] },
    ],
    says: [
      'key k: members k -> [] (#2, client 2, 4 ms to 5 ms) lacks 7, although before it',
      'began was shown: members k -> [7] (#1, client 1, 2 ms to 3 ms)',
    ],
  },
  {
    model: 'set',
    calls: [
      { f: 'members', answered: [7] },
      { f: 'add', asked: 7 },
    ],
    says: [
      'key k: members k -> [7] (#0, client 0, 0 ms to 1 ms) shows 7, which only later',
      'began: add k 7 -> ok (#1, client 1, 2 ms to 3 ms)',
    ],
  },
  {
    model: 'set',
    calls: [
      { f: 'add', asked: 7 },
      { f: 'members', answered: [7, 7] },
    ],
    says: ['key k: members k -> [7,7] (#1, client 1, 2 ms to 3 ms) has 7 twice'],
  },
  {
    model: 'counter',
    calls: [
      { f: 'add', asked: 3 },
      { f: 'add', asked: 4, type: 'info' },
      { f: 'total', answered: 2 },
    ],
    says: [
      'key k: total k -> 2 (#2, client 2, 4 ms to 5 ms), but at least 3 was there by',
      'additions that were confirmed before',
    ],
  },
  {
    model: 'counter',
    calls: [
      { f: 'add', asked: 3 },
      { f: 'add', asked: 4, type: 'info' },
      { f: 'total', answered: 8 },
    ],
    says: [
      'key k: total k -> 8 (#2, client 2, 4 ms to 5 ms), but by all additions that had',
      'begun it is at most 7',
    ],
  },
  {
    model: 'counter',
    calls: [
      { f: 'add', asked: 3 },
      { f: 'add', asked: 4, type: 'info' },
      { f: 'total', answered: 5 },
    ],
    says: [
      'key k: total k -> 5 (#2, client 2, 4 ms to 5 ms), but no choice of the additions',
      'under way leads there',
    ],
  },
  {
    model: 'counter',
    calls: [
      { f: 'add', asked: 4, type: 'info' },
      { f: 'total', answered: 4 },
      { f: 'add', asked: 3 },
      { f: 'total', answered: 3 },
    ],
    says: [
      'key k: total k -> 3 (#3, client 3, 6 ms to 7 ms), but it must be at least 7 by',
      'what was confirmed since total k -> 4 (#1, client 1, 2 ms to 3 ms)',
    ],
  },
  {
    model: 'bank',
    calls: [
      { f: 'balances', answered: { a: 5, b: 5 } },
      { f: 'balances', answered: { a: 5, b: 4 } },
    ],
    says: [
      'key k: balances k -> {"a":5,"b":5} (#0, client 0, 0 ms to 1 ms) sums up to 10,',
      'and balances k -> {"a":5,"b":4} (#1, client 1, 2 ms to 3 ms) to 9',
    ],
  },
  {
    model: 'bank',
    calls: [{ f: 'balances', answered: { a: 11, b: -1 } }],
    says: ['key k: balances k -> {"a":11,"b":-1} (#0, client 0, 0 ms to 1 ms): b is', 'overdrawn'],
  },
  {
    model: 'bank',
    calls: [
      { f: 'balances', answered: { a: 5, b: 5 } },
      { f: 'transfer', asked: { from: 'a', to: 'b', amount: 2 } },
      { f: 'balances', answered: { a: 5, b: 5 } },
    ],
    says: [
      'key k: no transfers explain account a: by balances k -> {"a":5,"b":5} (#2,',
      'client 2, 4 ms to 5 ms) it began with at least 7, by balances k -> {"a":5,"b":5}',
      '(#0, client 0, 0 ms to 1 ms) with at most 5',
    ],
  },
  {
    model: 'lock',
    calls: [
      { f: 'acquire', answered: 4 },
      { f: 'acquire', answered: 4 },
    ],
    says: [
      'key k: token 4 was given twice: acquire k -> 4 (#0, client 0, 0 ms to 1 ms) and',
      'acquire k -> 4 (#1, client 1, 2 ms to 3 ms)',
    ],
  },
  {
    model: 'lock',
    calls: [
      { f: 'acquire', answered: 4 },
      { f: 'acquire', answered: 3 },
    ],
    says: [
      'key k: acquire k -> 3 (#1, client 1, 2 ms to 3 ms), although a token as great',
      'was known before: acquire k -> 4 (#0, client 0, 0 ms to 1 ms)',
    ],
  },
  {
    model: 'lock',
    calls: [
      { f: 'acquire', answered: 4 },
      { f: 'acquire', answered: 5 },
      { f: 'guarded', asked: 5 },
      { f: 'guarded', asked: 4 },
    ],
    says: [
      'key k: guarded k 4 -> ok (#3, client 3, 6 ms to 7 ms) was accepted with an old',
      'token after guarded k 5 -> ok (#2, client 2, 4 ms to 5 ms)',
    ],
  },
  {
    model: 'lock',
    calls: [
      { f: 'acquire', answered: 4 },
      { f: 'acquire', answered: 5 },
      { f: 'guarded', asked: 4 },
      { f: 'guarded', asked: 5 },
    ],
  },
  {
    model: 'lock',
    calls: [
      { f: 'acquire', answered: 4 },
      { f: 'guarded', asked: 5 },
    ],
    says: [
      'key k: guarded k 5 -> ok (#1, client 1, 2 ms to 3 ms) was accepted with a token',
      'that nobody was given',
    ],
  },
  {
    model: 'watch',
    calls: [
      { f: 'put', asked: 'a', revision: 1 },
      { f: 'put', asked: 'b', revision: 2 },
      { f: 'watch', asked: { from: 0 }, answered: [{ revision: 2, value: 'b' }] },
    ],
    says: [
      'key k: watch k {"from":0} -> [{"revision":2,"value":"b"}] (#2, client 2, 4 ms to',
      '5 ms) goes on to revision 2 without 1, which put k a -> ok at shard revision 1',
      '(#0, client 0, 0 ms to 1 ms) knows',
    ],
  },
  {
    model: 'watch',
    calls: [
      { f: 'put', asked: 'a', revision: 1 },
      { f: 'watch', asked: { from: 1 }, answered: [{ revision: 1, value: 'a' }] },
    ],
    says: [
      'key k: watch k {"from":1} -> [{"revision":1,"value":"a"}] (#1, client 1, 2 ms to',
      '3 ms) begins with revision 1, and was asked for what comes after 1',
    ],
  },
  {
    model: 'watch',
    calls: [
      { f: 'put', asked: 'a', type: 'fail' },
      { f: 'watch', asked: { from: 0 }, answered: [{ revision: 1, value: 'a' }] },
    ],
    says: [
      'key k: watch k {"from":0} -> [{"revision":1,"value":"a"}] (#1, client 1, 2 ms to',
      '3 ms) shows a at revision 1, which nobody had written by then',
    ],
  },
  {
    model: 'shard-cas',
    calls: [
      { f: 'part-cas', asked: { part: 'c1', from: 0, to: 1 } },
      { f: 'part-cas', asked: { part: 'c1', from: 0, to: 1 } },
    ],
    says: [
      'key k: the step to c1 at 1 was confirmed twice: part-cas k',
      '{"part":"c1","from":0,"to":1} -> ok (#0, client 0, 0 ms to 1 ms) and part-cas k',
      '{"part":"c1","from":0,"to":1} -> ok (#1, client 1, 2 ms to 3 ms)',
    ],
  },
  {
    model: 'shard-cas',
    calls: [{ f: 'part-cas', asked: { part: 'c1', from: 4, to: 5 } }],
    says: [
      'key k: part-cas k {"part":"c1","from":4,"to":5} -> ok (#0, client 0, 0 ms to 1',
      'ms) found c1 at 4, where nobody put it',
    ],
  },
  {
    model: 'shard-cas',
    calls: [
      { f: 'part-cas', asked: { part: 'c1', from: 0, to: 1 } },
      { f: 'parts', answered: { c1: 2 } },
    ],
    says: [
      'key k: parts k -> {"c1":2} (#1, client 1, 2 ms to 3 ms) shows c1 at 2, which',
      'nobody made',
    ],
  },
];

for (const { model, calls, says } of cases) {
  t.test(`${model}: ${says?.join(' ') ?? 'valid'}`, async (t) => {
    const events = inTurn(...calls);
    const verdict = specialModels[model].check(events, pair(events), defaultLimits);
    t.equal(verdict.explanation, says?.join(' ') ?? '');
    t.equal(verdict.validity, says === undefined ? 'valid' : 'invalid');
    t.equal(verdict.culprits.length > 0, says !== undefined);
  });
}

t.test('an addition that began before a look counts on top of the looks before it', async (t) => {
  let timeNs = 0;
  const events: HistoryEvent[] = [];
  const say = (type: HistoryEvent['type'], process: number, f: string, value?: number) => {
    timeNs += 1e6;
    events.push({ type, process, f, key: 'k', timeNs, ...(value !== undefined && { value }) });
  };
  const look = (process: number, total: number) => {
    say('invoke', process, 'total');
    say('ok', process, 'total', total);
  };
  say('invoke', 1, 'add', 10);
  say('info', 1, 'add');
  say('invoke', 2, 'add', 8);
  say('info', 2, 'add');
  look(3, 10);
  say('invoke', 4, 'add', 5);
  say('invoke', 5, 'add', 3);
  say('info', 5, 'add');
  look(3, 13);
  say('invoke', 6, 'add', 1);
  say('ok', 6, 'add');
  say('ok', 4, 'add');
  // 8, 5 and 1 add up to it, but 10 had been seen.
  look(3, 14);
  const { explanation } = specialModels.counter.check(events, pair(events), defaultLimits);
  t.match(explanation, /must be at least 16 by what was confirmed since total k -> 10/);
});

t.test('whoever finds nothing to judge does not know', async (t) => {
  for (const { check } of Object.values(specialModels)) {
    t.equal(check([], [], defaultLimits).validity, 'unknown');
  }
});

t.test('calls that make no sense are no verdict', async (t) => {
  const senseless: readonly [ModelName, Told][] = [
    ['append', { f: 'txn', asked: 'r x' }],
    ['append', { f: 'txn', asked: [['w', 'x', 1]] }],
    ['counter', { f: 'add', asked: 'much' }],
    ['bank', { f: 'transfer', asked: { from: 'a' } }],
    ['watch', { f: 'watch', asked: {}, answered: [] }],
    ['shard-cas', { f: 'part-cas', asked: { part: 'c1', from: 1, to: 3 } }],
  ];
  for (const [model, call] of senseless) {
    const events = inTurn(call);
    const judge = () => specialModels[model].check(events, pair(events), defaultLimits);
    t.throws(judge, HistoryError, `${model}: ${JSON.stringify(call)}`);
  }
});

t.test('answers that make no sense are violations', async (t) => {
  const read = [['r', 'x', null]];
  const senseless: readonly [ModelName, Told][] = [
    ['append', { f: 'txn', asked: read, answered: [['r', 'x', 5]] }],
    ['rw-register', { f: 'txn', asked: read, answered: [['r', 'x', [5]]] }],
    ['set', { f: 'members', answered: 'torn' }],
    ['counter', { f: 'total', answered: 'torn' }],
    ['bank', { f: 'balances', answered: { a: 'much' } }],
    ['lock', { f: 'acquire', answered: 'mine' }],
    ['watch', { f: 'watch', asked: { from: 0 }, answered: [5] }],
    ['shard-cas', { f: 'parts', answered: { c1: -1 } }],
  ];
  for (const [model, call] of senseless) {
    const events = inTurn(call);
    const { validity, explanation } = specialModels[model].check(
      events,
      pair(events),
      defaultLimits,
    );
    t.equal(validity, 'invalid', `${model}: ${explanation}`);
    t.match(explanation, /is not/);
  }
});
