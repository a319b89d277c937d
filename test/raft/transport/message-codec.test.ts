/** Every message survives the wire, and what is kept of it does not keep the receive buffer. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import type { AppendMessage, Entry } from '../../../src/raft/core/types.js';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import { frameHeaderBytes } from '../../../src/raft/transport/frame.js';
import { entrySlabBytesMax, messageBytes } from '../../../src/raft/transport/message-codec.js';
import { Outbox } from '../../../src/raft/transport/outbox.js';
import { decodeRecords } from '../../../src/raft/transport/record-codec.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import { groupMessage } from './message-samples.js';

function roundTrip(messages: readonly GroupMessage[]): { got: GroupMessage[]; bytes: number } {
  const outbox = new Outbox(Number.MAX_SAFE_INTEGER);
  for (const item of messages) outbox.addMessage(item, messageBytes(item.message));
  const writer = new ByteWriter(16);
  const payload = Buffer.from(outbox.encodeFrame(writer, 0).subarray(frameHeaderBytes));
  const content = decodeRecords(payload);
  if (typeof content === 'string') throw new Error(content);
  return { got: content.messages, bytes: payload.length };
}

t.test('any messages: the same ones, heartbeats first, within the counted bytes', async () => {
  fc.assert(
    fc.property(fc.array(groupMessage, { maxLength: 12 }), (sent) => {
      const { got, bytes } = roundTrip(sent);
      const rank = ({ message }: GroupMessage) =>
        message.type === 'heartbeat' ? 0 : message.type === 'heartbeat-response' ? 1 : 2;
      const expected = [...sent].sort((a, b) => rank(a) - rank(b));
      if (!isDeepStrictEqual(got, expected)) return false;
      const counted = sent.reduce((sum, item) => sum + messageBytes(item.message), 0);
      // The two heartbeat records have a type and a count that belong to no message.
      return bytes <= counted + 20;
    }),
    { numRuns: 300 },
  );
});

function appendOf(sizes: readonly number[]): AppendMessage {
  const entries: Entry[] = sizes.map((size, at) => ({
    index: at + 1,
    term: 1,
    kind: 1,
    data: Buffer.alloc(size, at),
  }));
  const at = { previousIndex: 0, previousTerm: 0, commit: 0 };
  return { type: 'append', from: 1, to: 2, term: 1, ...at, entries };
}

t.test('an entry keeps at most a slab alive, or twice its own size', async (t) => {
  const sizes = [100, 100, 40_000, 40_000, 700_000, 100];
  const { got } = roundTrip([{ group: 1, message: appendOf(sizes) }]);
  const message = got[0]?.message;
  if (message?.type !== 'append') throw new Error('an append was sent');
  for (const { data } of message.entries) {
    const kept = data.buffer.byteLength;
    t.ok(kept <= Math.max(entrySlabBytesMax, 2 * data.length), `${data.length} keeps ${kept}`);
  }
  const [first, second] = message.entries;
  t.equal(first?.data.buffer, second?.data.buffer, 'neighbours share a buffer');
});

t.test('one entry that is most of the frame is not copied', async (t) => {
  const { got, bytes } = roundTrip([{ group: 1, message: appendOf([500_000]) }]);
  const message = got[0]?.message;
  const kept = message?.type === 'append' ? message.entries[0]?.data.buffer.byteLength : 0;
  t.ok((kept ?? 0) >= bytes);
});

t.test('entries with a gap are a programmer error', async (t) => {
  const message = { ...appendOf([1, 1]), previousIndex: 5 };
  t.throws(() => roundTrip([{ group: 1, message }]), { name: 'InvariantViolation' });
});
