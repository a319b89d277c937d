/** Faults and leaders as spans of time, out of what the nemesis wrote down. */
import t from 'tap';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { faultSpans } from '../../../jepsen-lite/report/fault-spans.js';
import { leaderSpans } from '../../../jepsen-lite/report/leader-spans.js';

function nemesis(timeNs: number, type: 'invoke' | 'info', f: string, value: HistoryEvent['value']) {
  return { process: 'nemesis', timeNs, type, f, ...(value !== undefined && { value }) } as const;
}

t.test('a fault lasts from its start to its end, and keeps what the probe said', async (t) => {
  const spans = faultSpans([
    nemesis(10, 'invoke', 'kill', 'SIGKILL to n1'),
    nemesis(15, 'invoke', 'partition', 'n1 | n2'),
    nemesis(20, 'info', 'kill', { verified: true }),
    { process: 3, timeNs: 21, type: 'invoke', f: 'kill' },
    nemesis(30, 'info', 'kill', { stopped: 'started again' }),
    nemesis(35, 'info', 'partition', { verified: false }),
    nemesis(40, 'invoke', 'kill', 'SIGKILL to n2'),
    nemesis(41, 'info', 'leader', { shard: 1, leader: 2, term: 3 }),
  ]);
  t.match(spans, [
    { name: 'kill', startNs: 10, endNs: 30, started: 'SIGKILL to n1', stopped: 'started again' },
    { name: 'partition', startNs: 15, endNs: null, verified: false },
    { name: 'kill', startNs: 40, endNs: null, started: 'SIGKILL to n2', verified: null },
  ]);
  t.equal(spans.length, 3);
  t.equal(spans[0]?.verified, true);
});

t.test(
  'a leader leads until the next one of its shard does, the last one to the end',
  async (t) => {
    const spans = leaderSpans(
      [
        nemesis(1, 'info', 'leader', { shard: 2, leader: 5, term: 1 }),
        nemesis(2, 'info', 'leader', { shard: 1, leader: 3, term: 4 }),
        nemesis(7, 'info', 'leader', { shard: 2, leader: 1, term: 2 }),
        nemesis(8, 'info', 'leader', 'nonsense'),
      ],
      9,
    );
    t.same(spans, [
      { shard: 1, node: '3', term: 4, startNs: 2, endNs: 9 },
      { shard: 2, node: '5', term: 1, startNs: 1, endNs: 7 },
      { shard: 2, node: '1', term: 2, startNs: 7, endNs: 9 },
    ]);
  },
);
