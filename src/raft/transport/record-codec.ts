/**
 * The records of an established stream: messages, requests, their answers, pings.
 *
 * Decoding turns any bytes into either the content of a frame or a reason, never into an exception.
 */
import { ByteReader, FormatError } from './byte-reader.js';
import { type ByteWriter, varintBytesMax } from './byte-writer.js';
import { decodeMessages, mayKeepView } from './message-codec.js';
import { RecordType } from './record-type.js';
import type { GroupMessage } from './types.js';

/** Why a request got no answer. The numbers are part of the wire format. */
export const FailureCode = {
  /** Refused before anybody looked at it: it surely was not processed. */
  overloaded: 1,
  /** Nobody can say what became of it. */
  lost: 2,
} as const;
export type FailureCode = (typeof FailureCode)[keyof typeof FailureCode];

export interface RequestRecord {
  readonly id: number;
  readonly timeoutMs: number;
  readonly body: Buffer;
}

export interface AnswerRecord {
  readonly id: number;
  readonly result: Buffer | FailureCode;
}

export interface FrameContent {
  readonly messages: GroupMessage[];
  readonly requests: RequestRecord[];
  readonly answers: AnswerRecord[];
  ping: number | undefined;
  pong: number | undefined;
  /** The other side is leaving: it never looks at a request with a higher id than this. */
  leaving: number | undefined;
}

/** What a request or answer takes beside its body. */
export const requestBytesOverhead = 1 + 3 * varintBytesMax;

export function encodeRequest(writer: ByteWriter, request: RequestRecordParts): void {
  writer.ensure(requestBytesOverhead + request.body.length);
  writer.u8(RecordType.request);
  writer.varint(request.id);
  writer.varint(request.timeoutMs);
  writer.varint(request.body.length);
  writer.bytes(request.body);
}

/** Like RequestRecord, with whatever bytes the caller has. */
export interface RequestRecordParts {
  readonly id: number;
  readonly timeoutMs: number;
  readonly body: Uint8Array;
}

export function encodeAnswer(
  writer: ByteWriter,
  id: number,
  result: Uint8Array | FailureCode,
): void {
  const failed = typeof result === 'number';
  writer.ensure(requestBytesOverhead + (failed ? 0 : result.length));
  writer.u8(failed ? RecordType.requestFailed : RecordType.response);
  writer.varint(id);
  if (failed) {
    writer.u8(result);
    return;
  }
  writer.varint(result.length);
  writer.bytes(result);
}

export function encodePing(writer: ByteWriter, number: number): void {
  writer.ensure(1 + varintBytesMax);
  writer.u8(RecordType.ping);
  writer.varint(number);
}

export function encodePong(writer: ByteWriter, number: number): void {
  writer.ensure(1 + varintBytesMax);
  writer.u8(RecordType.pong);
  writer.varint(number);
}

export function encodeLeaving(writer: ByteWriter, lastRequestId: number): void {
  writer.ensure(1 + varintBytesMax);
  writer.u8(RecordType.leaving);
  writer.varint(lastRequestId);
}

/** A string says why these bytes are not a frame of this format. */
export function decodeRecords(payload: Buffer): FrameContent | string {
  const content: FrameContent = {
    messages: [],
    requests: [],
    answers: [],
    ping: undefined,
    pong: undefined,
    leaving: undefined,
  };
  const reader = new ByteReader(payload);
  try {
    while (!reader.done) decodeRecord(reader, content);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  return content;
}

function decodeRecord(reader: ByteReader, content: FrameContent): void {
  const type = reader.u8();
  switch (type) {
    case RecordType.request: {
      const id = reader.varint();
      const timeoutMs = reader.varint();
      content.requests.push({ id, timeoutMs, body: ownBody(reader.bytes(reader.varint())) });
      return;
    }
    case RecordType.response: {
      const id = reader.varint();
      content.answers.push({ id, result: ownAnswer(reader.bytes(reader.varint())) });
      return;
    }
    case RecordType.requestFailed: {
      const id = reader.varint();
      const code = reader.u8();
      if (code !== FailureCode.overloaded && code !== FailureCode.lost) {
        reader.fail(`there is no failure code ${code}`);
        return;
      }
      content.answers.push({ id, result: code });
      return;
    }
    case RecordType.ping:
      content.ping = reader.varint();
      return;
    case RecordType.pong:
      content.pong = reader.varint();
      return;
    case RecordType.leaving:
      content.leaving = reader.varint();
      return;
    default:
      if (!decodeMessages(reader, type, content.messages)) reader.fail(`no record type ${type}`);
  }
}

/**
 * A request's body may become a log entry of the receiving leader and live as long as one, so it
 * gets a buffer of its own unless it is most of what was received.
 */
function ownBody(view: Buffer): Buffer {
  if (mayKeepView(view)) return view;
  const body = Buffer.allocUnsafeSlow(view.length);
  view.copy(body);
  return body;
}

/** An answer lives as long as one client's HTTP answer: Node's pool of 8 KiB pieces will do. */
function ownAnswer(view: Buffer): Buffer {
  return mayKeepView(view) ? view : Buffer.from(view);
}
