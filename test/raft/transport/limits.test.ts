/** Limits that contradict each other are found at start, not under load. */
import t from 'tap';
import { defaultTransportLimits, transportLimits } from '../../../src/raft/transport/limits.js';

t.test('the defaults agree with each other, and changes are taken over', async (t) => {
  t.strictSame(transportLimits(), defaultTransportLimits);
  t.equal(transportLimits({ handshakesMax: 3 }).handshakesMax, 3);
});

const broken = [
  { handshakesMax: 0 },
  { frameBytesMax: 1.5 },
  { silenceMs: 1_500 },
  { frameBytesTarget: 9_000_000 },
  { controlAppendBytesMax: 2_000_000 },
  { controlQueueBytesMax: 9_000_000 },
  { backOffMinMs: 2_000 },
];

for (const changes of broken) {
  t.test(`refused: ${JSON.stringify(changes)}`, async (t) => {
    t.throws(() => transportLimits(changes), { name: 'InvariantViolation' });
  });
}
