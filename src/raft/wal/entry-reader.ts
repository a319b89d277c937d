/**
 * Reads entries back from their segments and verifies them: for a follower that is behind, and for
 * the entries that are carried forward.
 *
 * Neighbours are read together. The memory they are read into is theirs from then on: nothing is
 * pooled, because the core keeps what it was given (I9).
 */
import { invariant } from '../core/invariant.js';
import type { Entry, Index } from '../core/types.js';
import { readFailure, WalError } from './errors.js';
import type { GroupLog } from './group-log.js';
import { getUint64 } from './integers.js';
import {
  ENTRY_PREFIX_BYTES,
  entryCrc,
  entryRecordBytes,
  RECORD_HEADER_BYTES,
  RecordType,
} from './record.js';
import type { Segment, SegmentList } from './segment-list.js';

const SPAN_BYTES_MAX = 1024 * 1024;
/** Bytes of other groups between two entries that are cheaper to read than to step over. */
const GAP_BYTES_MAX = 4096;

/** Consecutive entries that lie near each other in one segment. */
export interface Span {
  readonly segment: Segment;
  readonly from: Index;
  readonly count: number;
  readonly offset: number;
  readonly bytes: number;
}

/** The entries from `from` on that one read can fetch; at least one. */
export function spanAt(
  log: GroupLog,
  segments: SegmentList,
  from: Index,
  until: Index,
  bytesMax: number,
): Span {
  const id = log.segmentOf(from);
  const offset = log.offsetOf(from);
  let data = log.bytesOf(from);
  let end = offset + entryRecordBytes(data);
  let next = from + 1;
  for (; next < until && log.segmentOf(next) === id; next++) {
    const at = log.offsetOf(next);
    data += log.bytesOf(next);
    if (at < end || at - end > GAP_BYTES_MAX || data > bytesMax) break;
    const nextEnd = at + entryRecordBytes(log.bytesOf(next));
    if (nextEnd - offset > SPAN_BYTES_MAX) break;
    end = nextEnd;
  }
  return { segment: segments.byId(id), from, count: next - from, offset, bytes: end - offset };
}

/** The entries of a span, out of the bytes that were read for it. */
export function entriesOf(span: Span, log: GroupLog, bytes: Uint8Array): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Entry[] = [];
  for (let index = span.from; index < span.from + span.count; index++) {
    const offset = log.offsetOf(index);
    const entry = verified(view, bytes, offset - span.offset, log, index);
    if (entry === undefined) {
      throw new WalError('wal_corrupt', `entry ${index} of group ${log.group} is damaged`, {
        file: span.segment.file.path,
        offset,
      });
    }
    entries.push(entry);
  }
  return entries;
}

/** `LogReader.entries`: synchronous, from the page cache as a rule. */
export function readEntries(
  log: GroupLog,
  segments: SegmentList,
  from: Index,
  until: Index,
  bytesMax: number,
): Entry[] {
  invariant(from < until && log.has(from) && log.has(until - 1), `no entries ${from} to ${until}`);
  const entries: Entry[] = [];
  let bytesLeft = bytesMax;
  for (let next = from; next < until; ) {
    if (next > from && log.bytesOf(next) > bytesLeft) break;
    const span = spanAt(log, segments, next, until, bytesLeft);
    const bytes = Buffer.allocUnsafeSlow(span.bytes);
    readSpan(span, bytes);
    for (const entry of entriesOf(span, log, bytes)) {
      entries.push(entry);
      bytesLeft -= entry.data.length;
    }
    next += span.count;
  }
  return entries;
}

function readSpan(span: Span, into: Uint8Array): void {
  const { file } = span.segment;
  let count: number;
  try {
    count = file.readSync(into, span.bytes, span.offset);
  } catch (cause) {
    throw readFailure(file.path, span.offset, cause);
  }
  expectWhole(span, count);
}

export function expectWhole(span: Span, count: number): void {
  if (count === span.bytes) return;
  throw new WalError('wal_corrupt', `the segment ends in the middle of entry ${span.from}`, {
    file: span.segment.file.path,
    offset: span.offset,
  });
}

function verified(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  log: GroupLog,
  index: Index,
): Entry | undefined {
  // Damaged bytes are compared with what should stand here and never believed.
  const { group } = log;
  const term = log.termAt(index) ?? 0;
  const dataBytes = log.bytesOf(index);
  const type = view.getUint8(at);
  const kind = view.getUint8(at + 1);
  if (type !== RecordType.entry && type !== RecordType.carriedEntry) return undefined;
  if (kind !== 0 && kind !== 1 && kind !== 2) return undefined;
  if (view.getUint32(at + 4, true) !== dataBytes + ENTRY_PREFIX_BYTES) return undefined;
  if (view.getUint32(at + 8, true) !== group) return undefined;
  if (getUint64(view, at + 16) !== index || getUint64(view, at + 24) !== term) return undefined;
  const from = at + RECORD_HEADER_BYTES + ENTRY_PREFIX_BYTES;
  const data = bytes.subarray(from, from + dataBytes);
  if (entryCrc(group, index, term, kind, data) !== view.getUint32(at + 12, true)) return undefined;
  return { index, term, kind, data };
}
