/**
 * Describes a log folder frame by frame and record by record, for `kvorum wal dump` and for tests.
 *
 * Only reads, and goes on behind damage: whatever cannot be read is an item of its own with the
 * bytes that it takes, so that nothing is passed over in silence. For a node that is stopped.
 */
import type { Configuration, GroupId, HardState, Index, LogMark } from '../core/types.js';
import { WalError } from './errors.js';
import type { FileSystem } from './file-system.js';
import { FRAMES_BEGIN, frameSeed, type StoredSegmentHeader, segmentIdOf } from './format.js';
import { FRAME_HEADER_BYTES, FRAME_KIND_NAMES } from './frame.js';
import { FrameScanner, type ScannedFrame } from './frame-scanner.js';
import {
  type EntryRecord,
  entryCrc,
  MalformedRecord,
  type RecordVisitor,
  readRecords,
  type TableGroup,
} from './record.js';
import { readSegmentHeader } from './recovery.js';
import type { GroupBirth } from './types.js';

const ENTRY_KIND_NAMES = { 0: 'empty', 1: 'command', 2: 'configuration' } as const;

export type DumpItem =
  | {
      readonly item: 'segment';
      readonly file: string;
      readonly id: number;
      readonly version: number;
      readonly capacityBytes: number;
      readonly salt: number;
    }
  | {
      readonly item: 'frame';
      readonly file: string;
      readonly offset: number;
      readonly bytes: number;
      readonly kind: string;
      readonly sequence: number;
      readonly crc: 'ok';
    }
  | ({ readonly item: 'record'; readonly file: string; readonly offset: number } & DumpRecord)
  /** Bytes between two valid frames, or records that cannot be read: damage. */
  | {
      readonly item: 'damage';
      readonly file: string;
      readonly offset: number;
      readonly bytes: number;
      readonly reason: string;
    }
  /** The last frame of the log, not whole: cut at the next start. */
  | {
      readonly item: 'torn-tail';
      readonly file: string;
      readonly offset: number;
      readonly bytes: number;
    }
  /** Nothing valid follows in this segment. */
  | {
      readonly item: 'unused';
      readonly file: string;
      readonly offset: number;
      readonly bytes: number;
    }
  | { readonly item: 'missing'; readonly segments: readonly number[] }
  | { readonly item: 'unreadable'; readonly file: string; readonly reason: string }
  | { readonly item: 'stray-file'; readonly file: string };

export type DumpRecord =
  | {
      readonly record: 'entry' | 'carried-entry';
      readonly group: GroupId;
      readonly index: Index;
      readonly term: number;
      readonly kind: string;
      readonly dataBytes: number;
      readonly crc: 'ok' | 'bad';
    }
  | { readonly record: 'hard-state'; readonly group: GroupId; readonly hardState: HardState }
  | {
      readonly record: 'compaction-mark' | 'snapshot-mark';
      readonly group: GroupId;
      readonly index: Index;
      readonly term: number;
      readonly configuration: Configuration;
    }
  | {
      readonly record: 'group-created' | 'table-group';
      readonly group: GroupId;
      readonly replica: number;
      readonly hardState: HardState;
      readonly mark: LogMark;
      readonly lastIndex: Index;
    }
  | {
      readonly record: 'group-removed' | 'tombstone';
      readonly group: GroupId;
      readonly minReplica: number;
    };

/** `folder` is the log's own: `wal` below the node's data folder. */
export async function* dump(fileSystem: FileSystem, folder: string): AsyncGenerator<DumpItem> {
  const names = new Map<number, string>();
  for (const name of await fileSystem.list(folder)) {
    const id = segmentIdOf(name);
    if (id === undefined) yield { item: 'stray-file', file: `${folder}/${name}` };
    else names.set(id, name);
  }
  const ids = [...names.keys()].sort((a, b) => a - b);
  let sequence = 0;
  let before = (ids[0] ?? 1) - 1;
  for (const id of ids) {
    if (id !== before + 1) yield { item: 'missing', segments: range(before + 1, id) };
    before = id;
    sequence = yield* dumpSegment(fileSystem, `${folder}/${names.get(id)}`, id, sequence);
  }
}

/** Returns the sequence of the last valid frame. */
async function* dumpSegment(
  fileSystem: FileSystem,
  path: string,
  id: number,
  lastSequence: number,
): AsyncGenerator<DumpItem, number> {
  const file = await fileSystem.open(path, 'read');
  try {
    let header: StoredSegmentHeader;
    try {
      header = await readSegmentHeader(file, id);
    } catch (error) {
      if (!(error instanceof WalError)) throw error;
      yield { item: 'unreadable', file: path, reason: error.message };
      return lastSequence;
    }
    const { version, capacityBytes, salt } = header;
    yield { item: 'segment', file: path, id, version, capacityBytes, salt };
    const scanner = new FrameScanner(file, capacityBytes, frameSeed(header));
    return yield* dumpFrames(scanner, path, capacityBytes, lastSequence);
  } finally {
    await file.close();
  }
}

async function* dumpFrames(
  scanner: FrameScanner,
  file: string,
  capacityBytes: number,
  lastSequence: number,
): AsyncGenerator<DumpItem, number> {
  let offset = FRAMES_BEGIN;
  let sequence = lastSequence;
  while (offset + FRAME_HEADER_BYTES <= capacityBytes) {
    const frame = await scanner.nextFrame(offset, sequence + 1);
    if (frame === undefined) break;
    const { header, bytes } = frame;
    if (frame.offset !== offset) {
      const reason = 'no valid frame here, but one behind it';
      yield { item: 'damage', file, offset, bytes: frame.offset - offset, reason };
    }
    if (sequence !== 0 && header.sequence !== sequence + 1) {
      const reason = `frames ${sequence + 1} to ${header.sequence - 1} are missing`;
      yield { item: 'damage', file, offset: frame.offset, bytes: 0, reason };
    }
    sequence = header.sequence;
    offset = frame.offset + bytes;
    // Collected first: the frame's memory is good only until the scanner goes on.
    const records = describeRecords(frame, file);
    const kind = FRAME_KIND_NAMES[header.kind];
    yield { item: 'frame', file, offset: frame.offset, bytes, kind, sequence, crc: 'ok' };
    yield* records;
  }
  const left = capacityBytes - offset;
  const torn = await scanner.headerAt(offset);
  if (torn?.sequence === sequence + 1) {
    const bytes = Math.min(left, FRAME_HEADER_BYTES + torn.payloadBytes);
    yield { item: 'torn-tail', file, offset, bytes };
  } else if (left > 0) {
    yield { item: 'unused', file, offset, bytes: left };
  }
  return sequence;
}

function describeRecords(frame: ScannedFrame, file: string): DumpItem[] {
  const items: DumpItem[] = [];
  const { view, start, header, offset } = frame;
  const end = start + header.payloadBytes;
  const add = (record: DumpRecord, at?: number) => {
    const place = at === undefined ? offset : offset + FRAME_HEADER_BYTES + at - start;
    items.push({ item: 'record', file, offset: place, ...record });
  };
  try {
    readRecords(view, start, end, recordDescriber(view, add));
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw error;
    const { bytes } = frame;
    items.push({ item: 'damage', file, offset, bytes, reason: error.message });
  }
  return items;
}

function recordDescriber(
  view: DataView,
  add: (record: DumpRecord, at?: number) => void,
): RecordVisitor {
  return {
    entry: (found) => add(describeEntry(view, found), found.at),
    hardState: (group, hardState) => add({ record: 'hard-state', group, hardState }),
    compactionMark: (group, mark) => add({ record: 'compaction-mark', group, ...mark }),
    snapshotMark: (group, mark) => add({ record: 'snapshot-mark', group, ...mark }),
    groupCreated: (birth) => add({ record: 'group-created', ...describeBirth(birth) }),
    groupRemoved: (group, minReplica) => add({ record: 'group-removed', group, minReplica }),
    tableGroup: (group) =>
      add({ record: 'table-group', ...describeBirth(group), lastIndex: group.lastIndex }),
    tombstone: (group, minReplica) => add({ record: 'tombstone', group, minReplica }),
  };
}

function describeEntry(view: DataView, found: EntryRecord): DumpRecord {
  const { group, index, term, kind, at, dataBytes, carried } = found;
  const data = new Uint8Array(view.buffer, view.byteOffset + at + 32, dataBytes);
  const holds = entryCrc(group, index, term, kind, data) === view.getUint32(at + 12, true);
  return {
    record: carried ? 'carried-entry' : 'entry',
    group,
    index,
    term,
    kind: ENTRY_KIND_NAMES[kind],
    dataBytes,
    crc: holds ? 'ok' : 'bad',
  };
}

function describeBirth(birth: GroupBirth | TableGroup) {
  const { group, replica, hardState, mark } = birth;
  return { group, replica, hardState, mark, lastIndex: mark.index };
}

function range(from: number, until: number): number[] {
  return Array.from({ length: until - from }, (_, i) => from + i);
}
