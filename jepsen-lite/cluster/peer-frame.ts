/**
 * What a frame between two Kvorum nodes says: records of numbers and bytes, as its published format
 * has them (peer protocol 2). Enough to find the messages of one shard, and to tell lies.
 */
import { crc32 } from 'node:zlib';
import { frameHeaderBytes, frameMagic } from './frame-cutter.js';

export type FieldValue = number | Buffer | Fields[];
export interface Fields {
  [name: string]: FieldValue;
}

export interface PeerRecord {
  readonly type: number;
  readonly fields: Fields;
}

/** A number is LEB128; data has its length in front, a list its count. */
type Kind = 'number' | 'byte' | 'data' | 'proof' | Shape;
type Shape = readonly (readonly [name: string, kind: Kind])[];

const proofBytes = 32;
const numbers = (...names: string[]): Shape => names.map((name) => [name, 'number'] as const);
const ends = numbers('group', 'from', 'to', 'term');
const entry: Shape = [['kind', 'byte'], ...numbers('term'), ['data', 'data']];
const vote: Shape = [
  ...ends,
  ['transfer', 'byte'],
  ...numbers('lastIndex', 'lastTerm', 'commit', 'commitTerm'),
];
const voteResponse: Shape = [...ends, ['granted', 'byte']];
const heartbeat: Shape = [...ends, ...numbers('commit', 'context'), ['quiet', 'byte']];

export const recordTypes = {
  append: 1,
  appendResponse: 2,
  preVoteResponse: 4,
  voteResponse: 6,
  readIndexResponse: 9,
  heartbeats: 10,
} as const;

const firstOfRequests = 16;

const shapes: Readonly<Record<number, Shape>> = {
  1: [...ends, ...numbers('previousIndex', 'previousTerm', 'commit'), ['entries', entry]],
  2: [...ends, ['flags', 'byte'], ...numbers('index', 'hintIndex', 'hintTerm')],
  3: vote,
  4: voteResponse,
  5: vote,
  6: voteResponse,
  7: [...ends, ...numbers('lastIndex', 'lastTerm')],
  8: [...ends, ...numbers('context')],
  9: [...ends, ...numbers('context', 'index')],
  10: [['messages', heartbeat]],
  11: [['messages', [...ends, ...numbers('context')]]],
  13: [...ends, ...numbers('index', 'termAtIndex', 'bytes', 'checksum'), ['configuration', 'data']],
  14: ends,
  16: [...numbers('id', 'timeoutMs'), ['body', 'data']],
  17: [...numbers('id'), ['body', 'data']],
  18: [...numbers('id'), ['code', 'byte']],
  19: numbers('lastRequestId'),
  24: numbers('number'),
  25: numbers('number'),
  32: [['proof', 'proof']],
  33: [],
  34: [['reason', 'data']],
};

/** Undefined: it says something that is not known here. */
export function readFrame(frame: Buffer): PeerRecord[] | undefined {
  const reader = { bytes: frame, at: frameHeaderBytes };
  const records: PeerRecord[] = [];
  while (reader.at < frame.length) {
    const type = frame.readUInt8(reader.at++);
    const shape = shapes[type];
    if (shape === undefined) return undefined;
    records.push({ type, fields: readFields(reader, shape) });
  }
  return reader.at === frame.length ? records : undefined;
}

/** With a checksum that fits. */
export function writeFrame(records: readonly PeerRecord[]): Buffer {
  const parts = [Buffer.alloc(frameHeaderBytes)];
  for (const { type, fields } of records) {
    parts.push(Buffer.of(type));
    writeFields(parts, shapes[type] ?? [], fields);
  }
  const frame = Buffer.concat(parts);
  frame.writeUInt32LE(frameMagic, 0);
  frame.writeUInt32LE(frame.length - frameHeaderBytes, 8);
  frame.writeUInt32LE(crc32(frame.subarray(8)), 4);
  return frame;
}

/** Raft's own messages; the others carry requests of clients and pings. */
export function isOfRaft({ type }: PeerRecord): boolean {
  return type < firstOfRequests;
}

/** Every message of a frame about a shard; changes to it are changes to the record. */
export function messagesOf({ fields }: PeerRecord): readonly Fields[] {
  const { messages } = fields;
  if (Array.isArray(messages)) return messages;
  return typeof fields['group'] === 'number' ? [fields] : [];
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function readFields(reader: Reader, shape: Shape): Fields {
  const fields: Fields = {};
  for (const [name, kind] of shape) fields[name] = readValue(reader, kind);
  return fields;
}

function readValue(reader: Reader, kind: Kind): FieldValue {
  if (kind === 'number') return readNumber(reader);
  if (kind === 'byte') return reader.bytes.readUInt8(reader.at++);
  if (typeof kind !== 'string') {
    const count = readNumber(reader);
    return Array.from({ length: count }, () => readFields(reader, kind));
  }
  const length = kind === 'data' ? readNumber(reader) : proofBytes;
  reader.at += length;
  return reader.bytes.subarray(reader.at - length, reader.at);
}

function readNumber(reader: Reader): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.bytes.readUInt8(reader.at++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

function writeFields(parts: Buffer[], shape: Shape, fields: Fields): void {
  for (const [name, kind] of shape) {
    const value = fields[name];
    if (typeof value === 'number') {
      parts.push(kind === 'byte' ? Buffer.of(value) : numberBytes(value));
    } else if (Buffer.isBuffer(value)) {
      if (kind === 'data') parts.push(numberBytes(value.length));
      parts.push(value);
    } else if (value !== undefined && typeof kind !== 'string') {
      parts.push(numberBytes(value.length));
      for (const item of value) writeFields(parts, kind, item);
    }
  }
}

function numberBytes(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}
