/** What clients ask for happens as often as they asked for it. */
import t from 'tap';
import { play, step } from './script.js';
import { type Answered, isPut, succeeded } from './witness.js';

/** Not by those who only ask whether the cluster has converged. */
const byClient = ({ operation }: Answered) => operation.client > 0;

t.setTimeout(180_000);

t.test('sys 9: nothing is applied twice, whatever is repeated, and no clock decides', async (t) => {
  const { witness, result, trouble } = await play({
    durationMs: 20_000,
    network: { lossRate: 0.01, duplicateRate: 0.3, reorderRate: 0.3, delayMaxMs: 20 },
    clients: { keys: 3, stays: false, roams: true },
    steps: [
      step(4_000, 'a clock jumps back', { kind: 'clock-jump', node: 1, byMs: -3_600_000 }),
      step(5_000, 'streams break', { kind: 'reset', nodes: [1, 2] }),
      step(6_000, 'another clock jumps ahead', { kind: 'clock-jump', node: 2, byMs: 86_400_000 }),
      step(7_000, 'streams break', { kind: 'reset', nodes: [2, 3] }),
      step(8_000, 'leadership moves to the past', { kind: 'transfer', shard: 1, to: 1 }),
      step(10_000, 'streams break', { kind: 'reset', nodes: [1, 3] }),
      step(12_000, 'and to the future', { kind: 'transfer', shard: 1, to: 2 }),
      step(14_000, 'streams break', { kind: 'reset', nodes: [1, 2] }),
      step(16_000, 'and back', { kind: 'transfer', shard: 1, to: 3 }),
    ],
  });
  t.equal(trouble, '');
  t.ok(witness.places.size > 200, `${witness.places.size} values were applied`);
  const twice = [...witness.places].filter(([, places]) => places.size > 1);
  t.same(twice, [], 'each value stands in the log once');
  const puts = witness.answers.filter(isPut).filter(succeeded).filter(byClient);
  const missing = puts.filter(({ operation: { value = '' } }) => {
    return !witness.places.has(value.replace(/x*$/, ''));
  });
  t.same(missing, [], 'and each that was acknowledged does');
  t.equal(result.counts.get('fault clock-jump'), 2);
  t.ok(witness.leaderships.length >= 4, 'all three led');
});
