/** Members come and go under faults, and there is one truth about who they are. */
import t from 'tap';
import type { Fault } from '../simulation/faults.js';
import { leaderCutOff, play, step } from './script.js';
import { forgotten, isPut, isRead, succeeded } from './witness.js';

t.setTimeout(180_000);

type Change = Extract<Fault, { kind: 'membership' }>;

/** An operator asks node `via` for a change of the only shard. */
function change(via: number, action: Change['action'], pick: number) {
  return { kind: 'membership', shard: 1, via, action, pick, timeoutMs: 4_000 } as const;
}

t.test('sys 33: both sides of a partition are told to remove a member', async (t) => {
  const { witness, result, trouble } = await play({
    nodes: 5,
    durationMs: 17_000,
    steps: [
      step(3_500, 'node 3 leads nodes 2 and 4', { kind: 'transfer', shard: 1, to: 3 }),
      step(5_000, 'it is cut off', leaderCutOff(9_000)),
      step(5_050, 'an operator there removes node 4', change(3, 'remove', 0.99)),
      step(8_000, 'an operator beyond replaces node 3', change(4, 'replace', 0.4)),
    ],
  });
  t.equal(trouble, '');
  t.equal(witness.leaderAt(5_050), 3);
  t.not(witness.leaderAt(8_000), 3, 'the others elected one of themselves');
  t.notOk(result.counts.get('membership remove done'), 'the smaller side removes nobody');
  t.ok(result.counts.get('membership replace done'), 'the larger one does');
  t.same(forgotten(witness.answers), []);
});

t.test('sys 34: compare and set stays one, in peace and while members change', async (t) => {
  const { witness, result, trouble } = await play({
    nodes: 5,
    durationMs: 21_000,
    clients: {
      keys: 3,
      mix: { put: 10, conditionalPut: 50, delete: 0, read: 40, staleRead: 0 },
    },
    steps: [
      step(6_000, 'a member is replaced', change(2, 'replace', 0.5)),
      step(10_000, 'another one while the leader is cut off', change(3, 'replace', 0.9)),
      step(10_050, 'the leader is cut off', leaderCutOff(2_000)),
      step(14_000, 'one more', change(4, 'replace', 0.3)),
      step(14_500, 'and a member stands still', {
        kind: 'pause',
        node: 2,
        suspended: false,
        forMs: 2_500,
      }),
      step(19_000, 'and the last', change(1, 'replace', 0.7)),
    ],
  });
  t.equal(trouble, '');
  t.ok((result.counts.get('conditional put ok') ?? 0) > 200, 'conditions were decided');
  t.ok((result.counts.get('membership replace done') ?? 0) >= 2, 'members changed');
  const peace = witness.asked({ fromMs: 2_000, toMs: 6_000 });
  t.ok(peace.filter(isPut).filter(succeeded).length > 100);
});

t.test('sys 36: removing members under skewed clocks leaves a cluster that serves', async (t) => {
  const { witness, result, trouble } = await play({
    nodes: 5,
    durationMs: 24_000,
    steps: [
      step(3_000, 'the clock of node 1 is slow', {
        kind: 'clock-rate',
        node: 1,
        rate: 0.7,
        forMs: 18_000,
      }),
      step(3_000, 'that of node 2 is fast', {
        kind: 'clock-rate',
        node: 2,
        rate: 1.4,
        forMs: 18_000,
      }),
      step(4_000, 'and one says another day', { kind: 'clock-jump', node: 3, byMs: 86_400_000 }),
      step(5_000, 'a member is added', change(1, 'add', 0.5)),
      step(9_000, 'one is removed', change(2, 'remove', 0.1)),
      step(13_000, 'the leader is cut off', leaderCutOff(3_000)),
      step(17_500, 'another one is removed', change(3, 'remove', 0.9)),
    ],
  });
  t.equal(trouble, '');
  t.ok(result.counts.get('membership remove done'), 'somebody was removed');
  const last = witness.asked({ fromMs: 20_000, toMs: 24_000 });
  t.ok(last.filter(isPut).filter(succeeded).length > 100, 'writes go on');
  t.ok(last.filter(isRead).filter(succeeded).length > 100, 'so do reads');
});
