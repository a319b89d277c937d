/** Hashes of states, asked for and told. */
import t from 'tap';
import {
  decodeStateHashAnswer,
  decodeStateHashRequest,
  encodeStateHashAnswer,
  encodeStateHashRequest,
  StateHashFormatError,
} from '../../src/kv/state-hash-codec.js';

t.test('what is sent arrives', async (t) => {
  const ask = { kind: 'ask', group: 3, index: 2 ** 40 } as const;
  const verdict = { kind: 'verdict', group: 3, index: 9, hash: 2n ** 64n - 1n } as const;
  t.same(decodeStateHashRequest(encodeStateHashRequest(ask)), ask);
  t.same(decodeStateHashRequest(encodeStateHashRequest(verdict)), verdict);
  t.equal(
    encodeStateHashRequest(verdict).toString('hex'),
    '11010100' + '03000000' + '0000000000002240' + 'ffffffffffffffff',
  );
  for (const answer of [
    { kind: 'hash', hash: 5n },
    { kind: 'later' },
    { kind: 'unknown' },
  ] as const) {
    t.same(decodeStateHashAnswer(encodeStateHashAnswer(answer)), answer);
  }
});

t.test('what is something else is refused', async (t) => {
  const request = encodeStateHashRequest({ kind: 'ask', group: 3, index: 9 });
  const answer = encodeStateHashAnswer({ kind: 'later' });
  const changed = (bytes: Buffer, at: number, byte: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = byte;
    return copy;
  };
  for (const bytes of [
    Buffer.alloc(0),
    request.subarray(1),
    changed(request, 1, 2),
    changed(request, 2, 2),
    changed(request, 15, 0xff),
  ]) {
    t.throws(() => decodeStateHashRequest(bytes), StateHashFormatError);
  }
  for (const bytes of [
    Buffer.alloc(0),
    answer.subarray(1),
    changed(answer, 0, 9),
    changed(answer, 1, 9),
  ]) {
    t.throws(() => decodeStateHashAnswer(bytes), StateHashFormatError);
  }
});
