/**
 * Histories from what others have published: Adya, Liskov and O'Neil, "Generalized Isolation Level
 * Definitions" (2000); Berenson et al., "A Critique of ANSI SQL Isolation Levels" (1995); Kingsbury
 * and Alvaro, "Elle" (2020), with its README and examples; and reports that the paper cites.
 * What they call wrong is found under the name they give it.
 */
import t from 'tap';
import { defaultLimits } from '../../../../jepsen-lite/checker/limits.js';
import {
  checkListAppend,
  checkRegisterTransactions,
} from '../../../../jepsen-lite/checker/transactions/transactions.js';
import type { HistoryEvent } from '../../../../jepsen-lite/history/event.js';
import { pair } from '../../../../jepsen-lite/history/pairing.js';
import { concurrently, inTurn } from './told-transactions.js';

interface Example {
  readonly name: string;
  readonly events: readonly HistoryEvent[];
  /** The worst class; undefined: nothing is wrong. */
  readonly worst?: string;
}

const figure1Begins = [
  ...[1, 3, 4].map((element) => `append 253 ${element}`),
  ...[2, 3, 4, 5].map((element) => `append 255 ${element}`),
  ...[1, 2].map((element) => `append 256 ${element}`),
].join('; ');

const lists: readonly Example[] = [
  {
    name: 'Adya: H-serial, figure 3, which is serializable',
    events: concurrently(
      'append z 1; append x 1; append y 1',
      'r x 1; append y 2',
      'r y 1 2; append z 3',
      'r z 1 3',
    ),
  },
  {
    name: 'Adya: G0, two transactions whose writes are interleaved',
    events: concurrently('append x 1; append y 1', 'append x 2; append y 2', 'r x 1 2; r y 2 1'),
    worst: 'G0',
  },
  {
    name: 'Adya: G1a, a read of what was aborted',
    events: concurrently({ steps: 'append x 1', type: 'fail' }, 'r x 1; append x 2'),
    worst: 'G1a',
  },
  {
    name: 'Adya: G1b, a read from within a transaction',
    events: concurrently('append x 1; append x 2', 'r x 1', 'r x 1 2'),
    worst: 'G1b',
  },
  {
    name: 'Elle, README: G1c, information that goes round in a circle',
    events: concurrently('append x 1; r y 1', 'append x 2; append y 1', 'r x 1 2'),
    worst: 'G1c',
  },
  {
    name: 'Elle: G2, two transactions that each miss the append of the other',
    events: concurrently('r x; append y 1', 'r y; append x 1', 'r x 1; r y 1'),
    worst: 'G2-item',
  },
  {
    name: 'Elle, figure 1: an order that the last read of 256 shows',
    events: inTurn(
      figure1Begins,
      'append 255 8; r 253 1 3 4',
      'append 256 4; r 255 2 3 4 5 8; r 256 1 2 4; r 253 1 3 4',
      'append 250 10; r 253 1 3 4; r 255 2 3 4 5; append 256 3',
    ),
    worst: 'G-single',
  },
  {
    name: 'Elle, figure 1, all at the same time: even then it is a read of the past',
    events: concurrently(
      figure1Begins,
      'append 255 8; r 253 1 3 4',
      'append 256 4; r 255 2 3 4 5 8; r 256 1 2 4; r 253 1 3 4',
      'append 250 10; r 253 1 3 4; r 255 2 3 4 5; append 256 3',
    ),
    worst: 'G-single',
  },
  {
    name: 'TiDB 2.1.7: a retried append goes over one that it never saw',
    events: concurrently(
      'append 34 2; append 34 1',
      'r 34 2 1; append 36 5; append 34 4',
      'append 34 5',
      'r 34 2 1 5 4',
    ),
    worst: 'G-single',
  },
  {
    name: 'FaunaDB 2.5.4: a transaction that does not see its own append',
    events: concurrently('append 0 6; r 0'),
    worst: 'internal',
  },
  {
    name: 'Elle: a read of what the transaction itself appends only later',
    events: concurrently('append x 0; append x 2', 'r x 0 1 2; append x 1'),
    worst: 'internal',
  },
  {
    name: 'Elle: lists of which neither continues the other, as of a split brain',
    events: concurrently('append x 1', 'append x 2', 'r x 1 2', 'r x 2 1'),
    worst: 'incompatible-order',
  },
  {
    name: 'Elle: an append that was made twice',
    events: concurrently('append x 1', 'append x 2', 'r x 1 2 1'),
    worst: 'duplicate-elements',
  },
  {
    name: 'Elle: what nobody appended',
    events: concurrently('append x 1', 'r x 1 9'),
    worst: 'garbage-read',
  },
  {
    name: 'Elle: two that read the same and both append',
    events: concurrently('r x; append x 1', 'r x; append x 2', 'r x 1 2'),
    worst: 'lost-update',
  },
  {
    name: 'Elle: an unanswered read of nothing says nothing',
    events: concurrently(
      { steps: 'append x 2; r y', type: 'info' },
      'append x 1; append y 1',
      'r x 1 2; r y 1',
    ),
  },
  {
    name: 'a confirmed append that a later read lacks, although nobody ever saw it',
    events: inTurn('append x 1', 'append x 2', 'r x 1'),
    worst: 'G-single-realtime',
  },
  {
    name: 'the same, when nobody answered: it may never have happened',
    events: inTurn('append x 1', { steps: 'append x 2', type: 'info' }, 'r x 1'),
  },
  {
    name: 'Elle: reads of the past that are apart, as snapshots of two sites allow them',
    events: concurrently('append x 1', 'append y 1', 'r x 1; r y', 'r x; r y 1'),
    worst: 'G-nonadjacent',
  },
];

const registers: readonly Example[] = [
  { name: 'reads and writes in turn', events: inTurn('w x 1', 'read x 1; w x 2', 'read x 2') },
  {
    name: 'Adya: G1a, a read of what was aborted',
    events: concurrently({ steps: 'w x 1', type: 'fail' }, 'read x 1'),
    worst: 'G1a',
  },
  {
    name: 'Adya: G1b, a read from within a transaction',
    events: concurrently('w x 1; w x 2', 'read x 1'),
    worst: 'G1b',
  },
  {
    name: 'Adya: G1c, each has read what the other wrote',
    events: concurrently('w x 1; read y 1', 'w y 1; read x 1'),
    worst: 'G1c',
  },
  {
    name: 'Berenson et al., A5A: read skew',
    events: concurrently(
      'read x 1; read y 12',
      'read x 1; read y 2; w x 11; w y 12',
      'w x 1; w y 2',
    ),
    worst: 'G-single',
  },
  {
    name: 'Berenson et al., A5B: write skew',
    events: concurrently('read x; read y; w x 1', 'read x; read y; w y 1'),
    worst: 'G2-item',
  },
  {
    name: 'Berenson et al., P4: lost update',
    events: concurrently('read x; w x 1', 'read x; w x 2'),
    worst: 'lost-update',
  },
  {
    name: 'a read of what nobody wrote',
    events: concurrently('w x 1', 'read x 7'),
    worst: 'garbage-read',
  },
  {
    name: 'a transaction that sees another value than its own',
    events: concurrently('w x 1; read x 2', 'w x 2'),
    worst: 'internal',
  },
  {
    name: 'a read of the past',
    events: inTurn('w x 1', 'w x 2', 'read x 1'),
    worst: 'G-single-realtime',
  },
  {
    name: 'a value that goes and comes back, seen by readers in turn',
    events: [
      ...concurrently('w x 1', 'w x 2').slice(0, 4),
      ...inTurn('read x 1', 'read x 2', 'read x 1'),
    ].map((event, at) => ({ ...event, timeNs: at * 1_000_000 })),
    worst: 'G-single-realtime',
  },
  {
    name: 'a read of what is written only later',
    events: inTurn('read x 1', 'w x 1'),
    worst: 'G1c-realtime',
  },
];

for (const [kind, examples, check] of [
  ['lists', lists, checkListAppend],
  ['registers', registers, checkRegisterTransactions],
] as const) {
  for (const { name, events, worst } of examples) {
    t.test(`${kind}: ${name}`, async (t) => {
      const { validity, explanation } = check(events, pair(events), defaultLimits);
      t.equal(validity, worst === undefined ? 'valid' : 'invalid', explanation);
      const [found] = /^[\w-]*/.exec(explanation) ?? [];
      t.equal(found, worst ?? '', explanation);
    });
  }
}
