import fc from 'fast-check';
import t from 'tap';
import { InflightWindow } from '../../../src/raft/core/inflight-window.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';

t.test('is full by messages or by bytes', async (t) => {
  const byMessages = new InflightWindow({ messagesMax: 2, bytesMax: 100 });
  byMessages.add(1, 1);
  t.equal(byMessages.full, false);
  byMessages.add(2, 1);
  t.equal(byMessages.full, true);
  const byBytes = new InflightWindow({ messagesMax: 10, bytesMax: 100 });
  byBytes.add(1, 99);
  t.equal(byBytes.full, false);
  byBytes.add(2, 500);
  t.equal(byBytes.full, true, 'a message larger than what is left was let through, no more');
});

t.test('appends go upwards', async (t) => {
  const window = new InflightWindow({ messagesMax: 9, bytesMax: 100 });
  window.add(5, 1);
  t.throws(() => window.add(5, 1), InvariantViolation);
});

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const), step: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('free' as const), back: fc.nat({ max: 12 }) }),
    fc.record({ kind: fc.constant('reset' as const) }),
  ),
);

t.test('B12: counts like a list that is filtered', async () => {
  fc.assert(
    fc.property(steps, (run) => {
      const limits = { messagesMax: 4, bytesMax: 25 };
      const window = new InflightWindow(limits);
      let list: { lastIndex: number; bytes: number }[] = [];
      let index = 0;
      for (const step of run) {
        if (step.kind === 'add') {
          index += step.step;
          window.add(index, step.step * 3);
          list.push({ lastIndex: index, bytes: step.step * 3 });
        } else if (step.kind === 'free') {
          const upTo = index - step.back;
          window.freeUpTo(upTo);
          list = list.filter(({ lastIndex }) => lastIndex > upTo);
        } else {
          window.reset();
          list = [];
        }
        const bytes = list.reduce((sum, message) => sum + message.bytes, 0);
        const full = list.length >= limits.messagesMax || bytes >= limits.bytesMax;
        if (window.full !== full || window.length !== list.length) return false;
      }
      return true;
    }),
  );
});
