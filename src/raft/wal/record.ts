/**
 * The records inside a frame: their numbers, sizes and the reading of them.
 *
 * Every record has a header of 16 bytes (type, kind, length of the body, group, checksum) and a
 * body padded to a multiple of eight. Writing is in `frame-writer.ts`.
 */
import { crc32 } from 'node:zlib';
import { getConfiguration } from '../core/configuration-codec.js';
import type {
  Configuration,
  EntryKind,
  GroupId,
  HardState,
  Index,
  LogMark,
  ReplicaId,
  Term,
  TermRun,
} from '../core/types.js';
import { getUint64, isCount, padded } from './integers.js';
import type { GroupBirth } from './types.js';

export const RECORD_HEADER_BYTES = 16;
/** Index and term stand before an entry's data. */
export const ENTRY_PREFIX_BYTES = 16;
export const HARD_STATE_BYTES = 24;

/** The numbers are part of the format. */
export const RecordType = {
  entry: 1,
  hardState: 2,
  compactionMark: 3,
  snapshotMark: 4,
  groupCreated: 5,
  groupRemoved: 6,
  carriedEntry: 7,
  tableGroup: 8,
  tombstone: 9,
} as const;

/** One group in the table at the start of a segment. */
export interface TableGroup extends GroupBirth {
  readonly lastIndex: Index;
  readonly terms: readonly TermRun[];
}

export interface EntryRecord {
  readonly group: GroupId;
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  /** Where the record begins, relative to what was handed to `readRecords`. */
  readonly at: number;
  readonly dataBytes: number;
  readonly carried: boolean;
}

export interface RecordVisitor {
  entry(record: EntryRecord): void;
  hardState(group: GroupId, hardState: HardState): void;
  compactionMark(group: GroupId, mark: LogMark): void;
  snapshotMark(group: GroupId, mark: LogMark): void;
  groupCreated(birth: GroupBirth): void;
  groupRemoved(group: GroupId, minReplica: ReplicaId): void;
  tableGroup(group: TableGroup): void;
  tombstone(group: GroupId, minReplica: ReplicaId): void;
}

/** The checksum held but the content is not ours: a newer version, or a mistake in this one. */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord';
}

export function entryRecordBytes(dataBytes: number): number {
  return RECORD_HEADER_BYTES + ENTRY_PREFIX_BYTES + padded(dataBytes);
}

/**
 * Each entry has a checksum of its own beside the frame's, so that a single one can be read and
 * verified. It starts from the entry's identity: the right bytes at the wrong place do not pass.
 */
export function entryCrc(
  group: GroupId,
  index: Index,
  term: Term,
  kind: EntryKind,
  data: Uint8Array,
): number {
  const seed =
    Math.imul(group, 0x9e3779b1) ^
    Math.imul(index >>> 0, 0x85ebca6b) ^
    Math.imul(term >>> 0, 0xc2b2ae35) ^
    kind;
  // zlib takes a null pointer, which an empty array may have, as "begin anew" and drops the seed.
  return data.length === 0 ? seed >>> 0 : crc32(data, seed >>> 0);
}

/** Calls the visitor for each record between `start` and `end`; throws MalformedRecord. */
export function readRecords(
  view: DataView,
  start: number,
  end: number,
  visitor: RecordVisitor,
): void {
  let at = start;
  while (at < end) {
    if (end - at < RECORD_HEADER_BYTES) throw new MalformedRecord('half a record');
    const length = view.getUint32(at + 4, true);
    const body = at + RECORD_HEADER_BYTES;
    const next = body + padded(length);
    if (next > end) throw new MalformedRecord('a record longer than its frame');
    readRecord(view, at, body + length, visitor);
    at = next;
  }
}

function readRecord(view: DataView, at: number, end: number, visitor: RecordVisitor): void {
  const type = view.getUint8(at);
  const group = view.getUint32(at + 8, true);
  const body = at + RECORD_HEADER_BYTES;
  switch (type) {
    case RecordType.entry:
    case RecordType.carriedEntry:
      visitor.entry(readEntryRecord(view, at));
      return;
    case RecordType.hardState:
      expectBytes(end - body === HARD_STATE_BYTES);
      visitor.hardState(group, readHardState(view, body));
      return;
    case RecordType.compactionMark:
      visitor.compactionMark(group, readMark(view, body, end));
      return;
    case RecordType.snapshotMark:
      visitor.snapshotMark(group, readMark(view, body, end));
      return;
    case RecordType.groupCreated:
      visitor.groupCreated(readBirth(view, group, body, end));
      return;
    case RecordType.groupRemoved:
      expectBytes(end - body === 8);
      visitor.groupRemoved(group, count(view, body));
      return;
    case RecordType.tombstone:
      expectBytes(end - body === 8);
      visitor.tombstone(group, count(view, body));
      return;
    case RecordType.tableGroup:
      visitor.tableGroup(readTableGroup(view, group, body, end));
      return;
    default:
      throw new MalformedRecord(`a record of type ${type}, which this version does not know`);
  }
}

function readEntryRecord(view: DataView, at: number): EntryRecord {
  const type = view.getUint8(at);
  const kind = view.getUint8(at + 1);
  const length = view.getUint32(at + 4, true);
  expectBytes(length >= ENTRY_PREFIX_BYTES);
  if (kind !== 0 && kind !== 1 && kind !== 2) {
    throw new MalformedRecord(`an entry of kind ${kind}, which this version does not know`);
  }
  return {
    group: view.getUint32(at + 8, true),
    index: count(view, at + 16),
    term: count(view, at + 24),
    kind,
    at,
    dataBytes: length - ENTRY_PREFIX_BYTES,
    carried: type === RecordType.carriedEntry,
  };
}

function readHardState(view: DataView, at: number): HardState {
  return { term: count(view, at), vote: count(view, at + 8), commit: count(view, at + 16) };
}

function readMark(view: DataView, at: number, end: number): LogMark {
  expectBytes(end - at >= 16);
  return {
    index: count(view, at),
    term: count(view, at + 8),
    configuration: configuration(view, at + 16, end),
  };
}

function readBirth(view: DataView, group: GroupId, at: number, end: number): GroupBirth {
  expectBytes(end - at >= 8 + HARD_STATE_BYTES + 16);
  return {
    group,
    replica: count(view, at),
    hardState: readHardState(view, at + 8),
    mark: readMark(view, at + 8 + HARD_STATE_BYTES, end),
  };
}

function readTableGroup(view: DataView, group: GroupId, at: number, end: number): TableGroup {
  expectBytes(end - at >= 16);
  const lastIndex = count(view, at);
  const runs = count(view, at + 8);
  let next = at + 16;
  expectBytes(runs * 16 <= end - next);
  const terms: TermRun[] = [];
  for (let i = 0; i < runs; i++, next += 16) {
    terms.push({ from: count(view, next), term: count(view, next + 8) });
  }
  return { ...readBirth(view, group, next, end), lastIndex, terms };
}

function configuration(view: DataView, at: number, end: number): Configuration {
  const found = getConfiguration(view, at, end);
  if (found === undefined) throw new MalformedRecord('a configuration that cannot be read');
  return found;
}

function count(view: DataView, at: number): number {
  const value = getUint64(view, at);
  if (!isCount(value)) throw new MalformedRecord('a number beyond 2^53');
  return value;
}

function expectBytes(condition: boolean): void {
  if (!condition) throw new MalformedRecord('a record of the wrong length');
}
