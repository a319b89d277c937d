/** Changes of documents between nodes: both ways, and anything else is no change. */
import fc from 'fast-check';
import t from 'tap';
import {
  type ChangeOutcome,
  decodeChangeAnswer,
  decodeChangeRequest,
  encodeChangeAnswer,
  encodeChangeRequest,
} from '../../../src/kv/meta/document-change-codec.js';

t.test('a change comes back as it went', async (t) => {
  const change = {
    conditions: [['map', 3]] as const,
    puts: [['nodes/1', { zone: 'ä' }]] as const,
    removals: ['jobs/7'],
  };
  t.same(decodeChangeRequest(encodeChangeRequest(change)), change);
});

t.test('answers', async (t) => {
  const outcomes: ChangeOutcome[] = [
    { kind: 'changed', revision: 2 ** 53 - 1 },
    { kind: 'conflict', revision: 1 },
    { kind: 'not-leader', leader: 65_535 },
    { kind: 'not-leader', leader: undefined },
    { kind: 'unknown' },
    { kind: 'overloaded' },
  ];
  for (const outcome of outcomes) t.same(decodeChangeAnswer(encodeChangeAnswer(outcome)), outcome);
});

t.test('any bytes: a change or nothing, an answer or nobody knows', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
      const bytes = Buffer.from(array);
      decodeChangeRequest(bytes);
      decodeChangeAnswer(bytes);
    }),
    { numRuns: 2_000 },
  );
  t.equal(decodeChangeRequest(Buffer.from([0x14, 2, 0x7b, 0x7d])), undefined, 'another version');
  const zero = encodeChangeAnswer({ kind: 'changed', revision: 1 });
  zero.writeDoubleLE(Number.NaN, 4);
  t.same(decodeChangeAnswer(zero), { kind: 'unknown' });
});
