/** Frames are filled to their target, in order, and the count of what waits stays true. */
import t from 'tap';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import { frameHeaderBytes } from '../../../src/raft/transport/frame.js';
import { messageBytes } from '../../../src/raft/transport/message-codec.js';
import { Outbox } from '../../../src/raft/transport/outbox.js';
import { OutgoingRequest } from '../../../src/raft/transport/outgoing-request.js';
import { decodeRecords, type FrameContent } from '../../../src/raft/transport/record-codec.js';
import { append, appendResponse } from '../../contracts/transport.js';

const writer = new ByteWriter(64);

function next(outbox: Outbox): FrameContent {
  const frame = outbox.encodeFrame(writer, 0);
  const content = decodeRecords(Buffer.from(frame.subarray(frameHeaderBytes)));
  if (typeof content === 'string') throw new Error(content);
  return content;
}

function request(id: number, bytes: number): OutgoingRequest {
  const ends = { resolve: () => undefined, reject: () => undefined };
  return new OutgoingRequest({ id, body: Buffer.alloc(bytes), deadlineMs: 1_000, ...ends });
}

t.test('frames end at the target, one large record is a frame, order holds', async (t) => {
  const outbox = new Outbox(1_000);
  for (const [at, size] of [10, 400, 400, 400, 5_000, 10].entries()) {
    const message = append(at, Buffer.alloc(size));
    outbox.addMessage({ group: 1, message }, messageBytes(message));
  }
  const frames: number[][] = [];
  while (!outbox.empty) {
    frames.push(
      next(outbox).messages.map(({ message }) =>
        message.type === 'append' ? message.previousIndex : -1,
      ),
    );
  }
  t.strictSame(frames, [[0, 1, 2], [3], [4], [5]]);
  t.equal(outbox.queuedBytes, 0);
});

t.test('everything of one pass shares a frame; pings and heartbeats wait for nobody', async (t) => {
  const outbox = new Outbox(1_000);
  const message = appendResponse(1);
  for (let id = 1; id <= 3; id++) outbox.addRequest(request(id, 1_000));
  outbox.addMessage({ group: 1, message }, messageBytes(message));
  for (let group = 0; group < 3; group++) {
    const ends = { from: 1, to: 2, term: 1 };
    const beat = { type: 'heartbeat', ...ends, commit: 1, context: 0, quiet: false } as const;
    outbox.addMessage({ group, message: beat }, messageBytes(beat));
    const answer = { type: 'heartbeat-response', ...ends, context: 0 } as const;
    outbox.addMessage({ group, message: answer }, messageBytes(answer));
  }
  outbox.addAnswer(9, Buffer.from('x'));
  t.equal(outbox.queuedAnswers, 1);
  outbox.ping = 5;
  const first = next(outbox);
  t.equal(first.ping, 5);
  t.equal(first.messages.length, 6);
  t.equal(first.requests.length, 0, 'a frame with content is not made too large');
  t.equal(next(outbox).requests.length, 1);
  while (!outbox.empty) next(outbox);
  t.equal(outbox.queuedBytes, 0);
  t.equal(outbox.queuedAnswers, 0);
});

t.test('a request given up while it waited is not in the frame', async (t) => {
  const outbox = new Outbox(1_000);
  const [kept, given] = [request(1, 10), request(2, 10)];
  outbox.addRequest(given);
  outbox.addRequest(kept);
  given.fail('the time ran out');
  t.strictSame(
    next(outbox).requests.map(({ id }) => id),
    [1],
  );
});

t.test('a long queue is worked off in order', async (t) => {
  const outbox = new Outbox(1_000);
  for (let id = 0; id < 10_000; id++) outbox.addRequest(request(id, 10));
  const ids: number[] = [];
  while (!outbox.empty) ids.push(...next(outbox).requests.map(({ id }) => id));
  t.strictSame(
    ids,
    Array.from({ length: 10_000 }, (_, id) => id),
  );
});
