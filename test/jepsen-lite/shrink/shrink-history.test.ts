/** A violation among many good operations is cut out, and what explains its values stays. */
import t from 'tap';
import { check, type HistoryEvent, pair } from '../../../jepsen-lite/checker/index.js';
import { minimize } from '../../../jepsen-lite/shrink/delta.js';
import { closed, dependencies } from '../../../jepsen-lite/shrink/dependencies.js';
import { shrinkHistory } from '../../../jepsen-lite/shrink/shrink-history.js';
import { toEvents } from '../../../jepsen-lite/shrink/to-events.js';

/** One after the other, so that everything is decided. */
function sequence(...steps: readonly [f: string, key: string, value: HistoryEvent['value']][]) {
  return steps.flatMap(([f, key, value], i): HistoryEvent[] => {
    const process = i % 3;
    const call = { type: 'invoke' as const, timeNs: 2 * i, process, f, key };
    const answer = { type: 'ok' as const, timeNs: 2 * i + 1, process, f, key };
    if (value === undefined) return [call, answer];
    return f === 'read' || f === 'get'
      ? [call, { ...answer, value }]
      : [{ ...call, value }, answer];
  });
}

t.test('a stale read needs two writes and itself', async (t) => {
  const filler = (from: number) =>
    Array.from({ length: 40 }, (_, i) => [
      ['write', 'a', from + i] as const,
      ['read', 'a', from + i] as const,
      ['write', 'b', from + i] as const,
      ['read', 'b', from + i] as const,
    ]).flat();
  const events = sequence(
    ...filler(0).map(([...step]) => step),
    ['write', 'a', 1000],
    ['write', 'a', 1001],
    ['read', 'a', 1000],
    ...filler(2000).map(([...step]) => step),
  );
  const operations = pair(events);
  const shrunk = shrinkHistory(operations, { model: 'register', events, timeMs: 20_000 }) ?? [];
  t.same(
    shrunk.map(({ f, asked, answered }) => `${f} ${asked ?? answered}`),
    ['write 1000', 'write 1001', 'read 1000'],
  );
  t.equal(check(pair(toEvents(shrunk)), { model: 'register' }).validity, 'invalid');
});

t.test('what is valid is not shrunk', async (t) => {
  const events = sequence(['write', 'a', 1], ['read', 'a', 1]);
  const options = { model: 'register', events, timeMs: 5_000 } as const;
  t.equal(shrinkHistory(pair(events), options), undefined);
});

t.test('a read keeps the write of what it saw, and of nothing the deletes', async (t) => {
  const read = pair(sequence(['put', 'a', '1'], ['put', 'a', '2'], ['get', 'a', '1']));
  t.same([...closed([2], dependencies(read))].sort(), [0, 2]);
  const gone = pair(sequence(['put', 'a', '1'], ['delete', 'a', undefined], ['get', 'a', null]));
  t.same([...closed([2], dependencies(gone))].sort(), [0, 1, 2]);
});

t.test('delta debugging finds two items among many that fail only together', async (t) => {
  const items = Array.from({ length: 200 }, (_, i) => i);
  const fails = (kept: readonly number[]) =>
    kept.includes(17) && kept.includes(180) ? kept : undefined;
  t.same(minimize(items, fails, Number.POSITIVE_INFINITY), [17, 180]);
  t.equal(minimize(items, fails, 0).length, 200, 'no time, no work');
});
