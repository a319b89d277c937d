/** The decoder against anything, and the format against the vectors in files. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { ByteWriter } from '../../../src/raft/transport/byte-writer.js';
import { FrameReader, frameHeaderBytes } from '../../../src/raft/transport/frame.js';
import { messageBytes } from '../../../src/raft/transport/message-codec.js';
import { Outbox } from '../../../src/raft/transport/outbox.js';
import { OutgoingRequest } from '../../../src/raft/transport/outgoing-request.js';
import {
  type AnswerRecord,
  decodeRecords,
  type FrameContent,
  type RequestRecord,
} from '../../../src/raft/transport/record-codec.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import { groupMessage, plain, u53 } from './message-samples.js';

interface Content {
  readonly messages: readonly GroupMessage[];
  readonly requests: readonly RequestRecord[];
  readonly answers: readonly AnswerRecord[];
  readonly ping?: number | undefined;
  readonly pong?: number | undefined;
  readonly leaving?: number | undefined;
}

function encode(content: Content): Buffer {
  const outbox = new Outbox(Number.MAX_SAFE_INTEGER);
  outbox.ping = content.ping;
  outbox.pong = content.pong;
  outbox.leaving = content.leaving;
  for (const item of content.messages) outbox.addMessage(item, messageBytes(item.message));
  for (const { id, timeoutMs, body } of content.requests) {
    const ends = { resolve: () => undefined, reject: () => undefined };
    outbox.addRequest(new OutgoingRequest({ id, body, deadlineMs: timeoutMs, ...ends }));
  }
  for (const { id, result } of content.answers) outbox.addAnswer(id, result);
  return Buffer.from(outbox.encodeFrame(new ByteWriter(16), 0));
}

function decode(frame: Buffer): FrameContent | string {
  return decodeRecords(Buffer.from(frame.subarray(frameHeaderBytes)));
}

const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
const content: fc.Arbitrary<Content> = plain({
  messages: fc.array(groupMessage, { maxLength: 4 }),
  requests: fc.array(
    plain({ id: u53, timeoutMs: fc.integer({ min: 1, max: 2 ** 31 }), body: bytes }),
    { maxLength: 4 },
  ),
  answers: fc.array(
    plain({ id: u53, result: fc.oneof(bytes, fc.constantFrom(1 as const, 2 as const)) }),
    { maxLength: 4 },
  ),
  ping: fc.option(u53, { nil: undefined }),
  pong: fc.option(u53, { nil: undefined }),
  leaving: fc.option(u53, { nil: undefined }),
});

t.test('any content comes back, and encodes to the same bytes again', async () => {
  fc.assert(
    fc.property(content, (sent) => {
      const frame = encode(sent);
      const got = decode(frame);
      if (typeof got === 'string') throw new Error(got);
      const same =
        isDeepStrictEqual(got.requests, sent.requests) &&
        isDeepStrictEqual(got.answers, sent.answers) &&
        got.messages.length === sent.messages.length &&
        got.ping === sent.ping &&
        got.pong === sent.pong &&
        got.leaving === sent.leaving;
      return same && encode(got).equals(frame);
    }),
    { numRuns: 200 },
  );
});

t.test('any bytes are content or a reason, never an exception', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (array) => {
      const got = decodeRecords(Buffer.from(array));
      return typeof got === 'object' || got.length > 0;
    }),
    { numRuns: 3_000 },
  );
});

t.test('a valid frame with bytes changed or cut is content or a reason', async () => {
  const damage = fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(content, damage, fc.nat(4_000), (sent, changes, length) => {
      const payload = Buffer.from(encode(sent).subarray(frameHeaderBytes));
      for (const [at, value] of changes) if (at < payload.length) payload[at] = value;
      for (const part of [payload, payload.subarray(0, length % (payload.length + 1))]) {
        const got = decodeRecords(part);
        if (typeof got === 'string' && got.length === 0) return false;
      }
      return true;
    }),
    { numRuns: 1_000 },
  );
});

const refused: [string, number[], RegExp][] = [
  ['record type 0', [0], /no record type 0/],
  ['a handshake record on an established stream', [33], /no record type 33/],
  ['an unknown failure code', [18, 1, 9], /no failure code 9/],
  ['a flag of 2', [4, 1, 1, 1, 1, 2], /a flag is 2/],
  ['what protocol version 1 said at 12', [12, 1, 1, 1, 1, 1], /no record type 12/],
  ['a snapshot wanted without a rejection', [2, 1, 1, 1, 1, 2, 1, 0, 0], /flags .* are 2/],
  ['an answer with flags of 4', [2, 1, 1, 1, 1, 4, 1, 0, 0], /flags .* are 4/],
  ['an entry kind of 7', [1, 1, 1, 1, 1, 0, 0, 0, 1, 7, 1, 0], /no entry kind 7/],
  ['a billion heartbeats in no bytes', [10, 0x80, 0x94, 0xeb, 0xdc, 0x03], /ends inside/],
  ['a request longer than the frame', [16, 1, 5, 100, 1], /beyond the frame/],
];

for (const [name, payload, why] of refused) {
  t.test(`refused: ${name}`, async (t) => {
    t.match(decodeRecords(Buffer.from(payload)), why);
  });
}

t.test('a received body keeps little else alive', async (t) => {
  const requests = [1, 2].map((id) => ({ id, timeoutMs: 9, body: Buffer.alloc(100, id) }));
  const filler = { id: 3, timeoutMs: 9, body: Buffer.alloc(100_000) };
  const got = decode(encode({ messages: [], requests: [...requests, filler], answers: [] }));
  if (typeof got === 'string') throw new Error(got);
  t.equal(got.requests[0]?.body.buffer.byteLength, 100);
});

/**
 * Each vector is JSON with a frame in hexadecimal and what it says. KVORUM_WRITE_VECTORS=1 writes
 * the frames anew: only together with a new protocol version.
 */
const folder = new URL('../../../../test/raft/transport/vectors/', import.meta.url);
for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
  t.test(`vector ${name}`, async (t) => {
    const vector = JSON.parse(readFileSync(new URL(name, folder), 'utf8'), revive);
    const frame = encode(vector.content);
    if (process.env['KVORUM_WRITE_VECTORS'] === '1') {
      vector.frame = frame.toString('hex');
      const text = JSON.stringify(vector, replace, 2);
      writeFileSync(new URL(name, folder), `${text}\n`);
    }
    t.equal(frame.toString('hex'), vector.frame, 'encodes to the frame');
    const payloads: Buffer[] = [];
    const reader = new FrameReader(1_000, (payload) => payloads.push(payload));
    t.equal(reader.push(Buffer.from(vector.frame, 'hex')), undefined);
    const got = decodeRecords(payloads[0] ?? Buffer.alloc(0));
    t.match(got, vector.content, 'decodes to the content');
  });
}

/** Bytes stand in the files as {"hex": "..."}. */
function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('hex' in value)) return value;
  return Buffer.from(String(value.hex), 'hex');
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('type' in value)) return value;
  if (value.type !== 'Buffer' || !('data' in value)) return value;
  return { hex: Buffer.from(value.data as number[]).toString('hex') };
}
