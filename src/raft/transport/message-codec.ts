/**
 * Raft messages as bytes (tables in DESIGN.md). Every message names its group and both replicas.
 *
 * What is kept of a received append is its entries, and those stay in memory for as long as the log
 * tail keeps them. So their data is copied out of the socket's buffer into buffers of their own
 * that hold only neighbours of the same message, at most 64 KiB of them: one small entry then
 * keeps at most that much alive, instead of a frame of megabytes. Only an entry that is itself
 * more than half of what was received keeps the receive buffer.
 */
import { configurationBytes, encodeConfiguration } from '../core/configuration-codec.js';
import { invariant } from '../core/invariant.js';
import {
  type AppendMessage,
  type Entry,
  EntryKind,
  type GroupId,
  type Heartbeat,
  type HeartbeatResponse,
  type Index,
  type Message,
  type SnapshotDescription,
} from '../core/types.js';
import type { ByteReader } from './byte-reader.js';
import { type ByteWriter, varintBytes, varintBytesMax } from './byte-writer.js';
import { RecordType } from './record-type.js';
import type { GroupMessage } from './types.js';
import { readConfiguration } from './wire-configuration.js';

/** Buffers shared by neighbouring entries of one message are not larger than this. */
export const entrySlabBytesMax = 64 * 1024;

/** Type, flags and the nine integers of the longest fixed part. */
const fixedBytesMax = 2 + 9 * varintBytesMax;

/** The most a heartbeat or its answer takes within the shared record; counts towards limits. */
export const heartbeatBytes = 1 + 6 * varintBytesMax;

const REJECTED = 1;
const WANTS_SNAPSHOT = 2;

export type GroupHeartbeat = GroupMessage & { readonly message: Heartbeat };
export type GroupHeartbeatResponse = GroupMessage & { readonly message: HeartbeatResponse };

/** An upper bound of the record's size, exact to a few bytes; counts towards queue limits. */
export function messageBytes(message: Message): number {
  if (message.type === 'heartbeat' || message.type === 'heartbeat-response') return heartbeatBytes;
  if (message.type === 'snapshot') {
    return fixedBytesMax + configurationBytes(message.snapshot.configuration);
  }
  if (message.type !== 'append') return fixedBytesMax;
  let bytes = fixedBytesMax;
  for (const entry of message.entries) {
    bytes += 1 + varintBytes(entry.term) + varintBytes(entry.data.length) + entry.data.length;
  }
  return bytes;
}

/** Any message but the heartbeats, which share a record. Room for `bytes` is made here. */
export function encodeMessage(writer: ByteWriter, item: GroupMessage, bytes: number): void {
  const { group, message } = item;
  writer.ensure(bytes);
  switch (message.type) {
    case 'append':
      encodeAppend(writer, group, message);
      return;
    case 'append-response':
      writer.u8(RecordType.appendResponse);
      envelope(writer, group, message);
      writer.u8((message.rejected ? REJECTED : 0) | (message.wantsSnapshot ? WANTS_SNAPSHOT : 0));
      writer.varint(message.index);
      writer.varint(message.hintIndex);
      writer.varint(message.hintTerm);
      return;
    case 'pre-vote':
    case 'vote':
      writer.u8(message.type === 'vote' ? RecordType.vote : RecordType.preVote);
      envelope(writer, group, message);
      writer.u8(message.transfer ? 1 : 0);
      writer.varint(message.lastIndex);
      writer.varint(message.lastTerm);
      writer.varint(message.commit);
      writer.varint(message.commitTerm);
      return;
    case 'pre-vote-response':
    case 'vote-response':
      writer.u8(
        message.type === 'vote-response' ? RecordType.voteResponse : RecordType.preVoteResponse,
      );
      envelope(writer, group, message);
      writer.u8(message.granted ? 1 : 0);
      return;
    case 'timeout-now':
      writer.u8(RecordType.timeoutNow);
      envelope(writer, group, message);
      writer.varint(message.lastIndex);
      writer.varint(message.lastTerm);
      return;
    case 'read-index':
      writer.u8(RecordType.readIndex);
      envelope(writer, group, message);
      writer.varint(message.context);
      return;
    case 'read-index-response':
      writer.u8(RecordType.readIndexResponse);
      envelope(writer, group, message);
      writer.varint(message.context);
      writer.varint(message.index);
      return;
    case 'snapshot':
      writer.u8(RecordType.snapshot);
      envelope(writer, group, message);
      encodeSnapshot(writer, message.snapshot);
      return;
    case 'gone':
      writer.u8(RecordType.gone);
      envelope(writer, group, message);
      return;
    case 'heartbeat':
    case 'heartbeat-response':
      invariant(false, 'heartbeats share one record');
      return;
    default:
      // Checked by the compiler: a type that is missing here would be lost without a word.
      unknownMessage(message);
  }
}

function unknownMessage(message: never): never {
  invariant(false, `the wire has a record for ${JSON.stringify(message)}`);
}

export function encodeHeartbeats(writer: ByteWriter, items: readonly GroupHeartbeat[]): void {
  writer.ensure(heartbeatBytes * (items.length + 1));
  writer.u8(RecordType.heartbeats);
  writer.varint(items.length);
  for (const { group, message } of items) {
    envelope(writer, group, message);
    writer.varint(message.commit);
    writer.varint(message.context);
    writer.u8(message.quiet ? 1 : 0);
  }
}

export function encodeHeartbeatResponses(
  writer: ByteWriter,
  items: readonly GroupHeartbeatResponse[],
): void {
  writer.ensure(heartbeatBytes * (items.length + 1));
  writer.u8(RecordType.heartbeatResponses);
  writer.varint(items.length);
  for (const { group, message } of items) {
    envelope(writer, group, message);
    writer.varint(message.context);
  }
}

function encodeAppend(writer: ByteWriter, group: GroupId, message: AppendMessage): void {
  writer.u8(RecordType.append);
  envelope(writer, group, message);
  writer.varint(message.previousIndex);
  writer.varint(message.previousTerm);
  writer.varint(message.commit);
  writer.varint(message.entries.length);
  let index = message.previousIndex;
  for (const entry of message.entries) {
    // The index is implied; a gap would be silently closed on the other side.
    invariant(entry.index === ++index, 'entries of an append follow previousIndex without a gap');
    writer.u8(entry.kind);
    writer.varint(entry.term);
    writer.varint(entry.data.length);
    writer.bytes(entry.data);
  }
}

function encodeSnapshot(writer: ByteWriter, snapshot: SnapshotDescription): void {
  writer.varint(snapshot.index);
  writer.varint(snapshot.term);
  writer.varint(snapshot.bytes);
  writer.varint(snapshot.checksum);
  const configuration = encodeConfiguration(snapshot.configuration);
  writer.varint(configuration.length);
  writer.bytes(configuration);
}

function envelope(writer: ByteWriter, group: GroupId, message: Message): void {
  writer.varint(group);
  writer.varint(message.from);
  writer.varint(message.to);
  writer.varint(message.term);
}

/** Reads the record of `type`, which was just read, and adds its messages. False: not ours. */
export function decodeMessages(reader: ByteReader, type: number, into: GroupMessage[]): boolean {
  if (type === RecordType.heartbeats || type === RecordType.heartbeatResponses) {
    const count = reader.varint();
    for (let done = 0; done < count; done++) {
      const group = reader.varint();
      const ends = decodeEnvelope(reader);
      const message: Message =
        type === RecordType.heartbeats
          ? {
              type: 'heartbeat',
              ...ends,
              commit: reader.varint(),
              context: reader.varint(),
              quiet: decodeFlag(reader),
            }
          : { type: 'heartbeat-response', ...ends, context: reader.varint() };
      into.push({ group, message });
    }
    return true;
  }
  const single = type >= RecordType.append && type <= RecordType.readIndexResponse;
  if (!single && type !== RecordType.snapshot && type !== RecordType.gone) return false;
  const group = reader.varint();
  into.push({ group, message: decodeMessage(reader, type) });
  return true;
}

function decodeMessage(reader: ByteReader, type: number): Message {
  const ends = decodeEnvelope(reader);
  switch (type) {
    case RecordType.append: {
      const previousIndex = reader.varint();
      const previousTerm = reader.varint();
      const commit = reader.varint();
      const entries = decodeEntries(reader, previousIndex);
      return { type: 'append', ...ends, previousIndex, previousTerm, commit, entries };
    }
    case RecordType.appendResponse: {
      const flags = reader.u8();
      // To want a snapshot is a way of rejecting.
      if (flags > (REJECTED | WANTS_SNAPSHOT) || flags === WANTS_SNAPSHOT) {
        return reader.fail(`the flags of an append-response are ${flags}`);
      }
      const rejected = (flags & REJECTED) !== 0;
      const wantsSnapshot = (flags & WANTS_SNAPSHOT) !== 0;
      const index = reader.varint();
      const hintIndex = reader.varint();
      const hintTerm = reader.varint();
      const answer = { rejected, index, hintIndex, hintTerm, wantsSnapshot };
      return { type: 'append-response', ...ends, ...answer };
    }
    case RecordType.preVote:
    case RecordType.vote:
      return {
        type: type === RecordType.vote ? 'vote' : 'pre-vote',
        ...ends,
        transfer: decodeFlag(reader),
        lastIndex: reader.varint(),
        lastTerm: reader.varint(),
        commit: reader.varint(),
        commitTerm: reader.varint(),
      };
    case RecordType.preVoteResponse:
    case RecordType.voteResponse:
      return {
        type: type === RecordType.voteResponse ? 'vote-response' : 'pre-vote-response',
        ...ends,
        granted: decodeFlag(reader),
      };
    case RecordType.timeoutNow:
      return {
        type: 'timeout-now',
        ...ends,
        lastIndex: reader.varint(),
        lastTerm: reader.varint(),
      };
    case RecordType.readIndex:
      return { type: 'read-index', ...ends, context: reader.varint() };
    case RecordType.snapshot:
      return { type: 'snapshot', ...ends, snapshot: decodeSnapshot(reader) };
    case RecordType.gone:
      return { type: 'gone', ...ends };
    default:
      return {
        type: 'read-index-response',
        ...ends,
        context: reader.varint(),
        index: reader.varint(),
      };
  }
}

function decodeSnapshot(reader: ByteReader): SnapshotDescription {
  const index = reader.varint();
  const term = reader.varint();
  const bytes = reader.varint();
  const checksum = reader.varint();
  if (checksum > 0xffff_ffff) return reader.fail('a checksum has over 32 bits');
  const configuration = readConfiguration(reader, reader.bytes(reader.varint()));
  return { index, term, bytes, checksum, configuration };
}

function decodeEnvelope(reader: ByteReader): { from: number; to: number; term: number } {
  const from = reader.varint();
  const to = reader.varint();
  const term = reader.varint();
  return { from, to, term };
}

function decodeFlag(reader: ByteReader): boolean {
  const flag = reader.u8();
  if (flag > 1) return reader.fail(`a flag is ${flag}`);
  return flag === 1;
}

function decodeEntries(reader: ByteReader, previousIndex: Index): readonly Entry[] {
  const count = reader.varint();
  const received: Entry[] = [];
  for (let index = previousIndex + 1; index <= previousIndex + count; index++) {
    if (index > Number.MAX_SAFE_INTEGER) return reader.fail('an index has over 53 bits');
    const kind = decodeKind(reader);
    const term = reader.varint();
    const data = reader.bytes(reader.varint());
    if (kind === EntryKind.configuration) readConfiguration(reader, data);
    received.push({ index, term, kind, data });
  }
  return detach(received);
}

function decodeKind(reader: ByteReader): EntryKind {
  const kind = reader.u8();
  switch (kind) {
    case EntryKind.empty:
    case EntryKind.command:
    case EntryKind.configuration:
      return kind;
    default:
      return reader.fail(`there is no entry kind ${kind}`);
  }
}

/** Replaces views of the receive buffer by copies in slabs (see the head of this file). */
function detach(received: readonly Entry[]): readonly Entry[] {
  const entries: Entry[] = [];
  for (let first = 0; first < received.length; ) {
    let bytes = received[first]?.data.length ?? 0;
    let end = first + 1;
    while (end < received.length) {
      const more = received[end]?.data.length ?? 0;
      if (bytes + more > entrySlabBytesMax) break;
      bytes += more;
      end++;
    }
    copyToSlab(received, first, end, bytes, entries);
    first = end;
  }
  return entries;
}

function copyToSlab(
  received: readonly Entry[],
  first: number,
  end: number,
  bytes: number,
  into: Entry[],
): void {
  const only = received[first];
  if (only !== undefined && end === first + 1 && mayKeepView(only.data)) {
    into.push(only);
    return;
  }
  const slab = Buffer.allocUnsafeSlow(bytes);
  let offset = 0;
  for (let at = first; at < end; at++) {
    const entry = received[at];
    if (entry === undefined) return;
    slab.set(entry.data, offset);
    const data = slab.subarray(offset, offset + entry.data.length);
    offset += entry.data.length;
    into.push({ index: entry.index, term: entry.term, kind: entry.kind, data });
  }
}

/** Keeping this view costs at most twice its own bytes. */
export function mayKeepView(view: Uint8Array): boolean {
  return view.length * 2 >= view.buffer.byteLength;
}
