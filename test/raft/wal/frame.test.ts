import t from 'tap';
import { FrameKind, readFrameHeader, sealFrame } from '../../../src/raft/wal/frame.js';

function frame(): { bytes: Uint8Array; view: DataView; length: number } {
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  sealFrame({ bytes, view, length: 40 }, FrameKind.batch, { sequence: 3, previousBytes: 8 }, 1);
  return { bytes, view, length: 40 };
}

t.test('a header is read back', async (t) => {
  t.match(readFrameHeader(frame().view, 0), {
    payloadBytes: 16,
    sequence: 3,
    previousBytes: 8,
    kind: FrameKind.batch,
  });
});

t.test('what cannot be a header is told without a checksum', async (t) => {
  const with32 = (at: number, value: number) => {
    const { view } = frame();
    view.setUint32(at, value, true);
    return readFrameHeader(view, 0);
  };
  t.equal(with32(20, 0), undefined, 'no kind: zeros');
  t.equal(with32(20, 5), undefined, 'an unknown kind');
  t.equal(with32(4, 17), undefined, 'a length that is not a multiple of eight');
  t.equal(with32(4, 0xffff_fff8), undefined, 'a length over the limit');
  t.equal(with32(8, 0), undefined, 'sequence 0');
  t.equal(with32(12, 0xffff_ffff), undefined, 'a sequence over 2^53');
});
