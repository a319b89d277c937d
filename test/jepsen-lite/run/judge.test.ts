/** Whose operations a workload is judged by, and what is not valid although nothing is wrong. */
import t from 'tap';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { judge, overall } from '../../../jepsen-lite/run/judge.js';

const limits = { timeMs: 5_000, memoryBytes: 1e8 };
const peace = { faults: [], crashes: [] };
const config = {
  clients: 4,
  workloads: [
    { name: 'one', model: 'register', clients: [0, 1] as [number, ...number[]] },
    { name: 'two', model: 'register', clients: [2, 3] as [number, ...number[]] },
  ],
};

let timeNs = 0;
const event = (process: number, type: HistoryEvent['type'], f: string, value?: number) => {
  timeNs += 1;
  return { type, timeNs, process, f, key: 'k', ...(value !== undefined && { value }) };
};
const write = (process: number, value: number) => [
  event(process, 'invoke', 'write', value),
  event(process, 'ok', 'write'),
];
const read = (process: number, value: number) => [
  event(process, 'invoke', 'read'),
  event(process, 'ok', 'read', value),
];

t.test('every workload by its own clients, also under later numbers', async (t) => {
  const good = [...write(0, 1), ...read(5, 1)];
  const bad = [...write(2, 1), ...write(3, 2), ...read(7, 1)];
  const verdicts = judge([...good, ...bad], config, limits);
  t.match(verdicts, [
    { name: 'one', verdict: { validity: 'valid' } },
    { name: 'two', verdict: { validity: 'invalid' } },
  ]);
  t.ok(
    verdicts[1]?.verdict.culprits.every((number) => number >= 2),
    'numbers of the whole',
  );
  t.equal(overall(verdicts, peace, []).validity, 'invalid');
});

t.test('what never succeeded was not checked', async (t) => {
  const refused = [event(0, 'invoke', 'write', 1), event(0, 'fail', 'write')];
  const [one, two] = judge([...refused, ...write(2, 1), ...read(2, 1)], config, limits);
  t.match(one?.verdict, { validity: 'unknown', explanation: /No "write" ever succeeded/ });
  t.equal(two?.verdict.validity, 'valid');
  const [nothing] = judge(write(2, 1), config, limits);
  t.match(nothing?.verdict, { validity: 'unknown', explanation: /Nothing was asked/ });
});

t.test('a fault that was not seen to hold proves nothing', async (t) => {
  const seen = { name: 'kill', count: 2, verified: 1 };
  t.same(overall([], { ...peace, faults: [seen] }, ['kill']), { validity: 'valid', reasons: [] });
  t.match(overall([], { ...peace, faults: [{ ...seen, verified: 0 }] }, ['kill']), {
    validity: 'unknown',
    reasons: [/kill was never seen/],
  });
  t.match(overall([], { ...peace, faults: [seen] }, ['kill', 'pause']), {
    validity: 'unknown',
    reasons: [/pause/],
  });
});
