/** Sums of which parts are open: counted out as far as that goes, and no further. */
import t from 'tap';
import { defaultLimits } from '../../../jepsen-lite/checker/limits.js';
import { specialModels } from '../../../jepsen-lite/checker/models.js';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';

/** A client for each addition, who hears nothing; then another one looks. */
function judge(amounts: readonly number[], total: number) {
  const events = [
    ...amounts.map((value, process) => ({ type: 'invoke', process, f: 'add', value })),
    { type: 'invoke', process: amounts.length, f: 'total' },
    { type: 'ok', process: amounts.length, f: 'total', value: total },
  ].map((event, timeNs) => ({ ...event, timeNs, key: 'k' }) as HistoryEvent);
  return specialModels.counter.check(events, pair(events), defaultLimits);
}

t.test('many open additions are counted out; too many are not called valid', async (t) => {
  const twos = Array.from({ length: 200 }, () => 2);
  t.equal(judge(twos, 398).validity, 'valid');
  const odd = judge(twos, 1);
  t.equal(odd.validity, 'invalid');
  t.match(odd.explanation, /no choice of the additions under way leads there/);
  t.equal(judge([5, -3, -3], -1).validity, 'valid');
  t.equal(judge([5, -3, -3], 1).validity, 'invalid');
  const wide = judge([1_000_000, 1_000_000], 1);
  t.equal(wide.validity, 'unknown');
  t.match(wide.explanation, /too many to count out/);
});
