/**
 * Builds one frame after the other in a buffer that is kept: the hot path allocates nothing per
 * entry, and the disk gets one contiguous piece of memory.
 */

import { configurationBytes, putConfiguration } from '../core/configuration-codec.js';
import { invariant } from '../core/invariant.js';
import type { Entry, GroupId, HardState, LogMark, ReplicaId } from '../core/types.js';
import { FRAME_BYTES_MAX } from './format.js';
import { FRAME_HEADER_BYTES, type FrameKind, type FramePosition, sealFrame } from './frame.js';
import { padded, putUint64 } from './integers.js';
import {
  ENTRY_PREFIX_BYTES,
  entryCrc,
  HARD_STATE_BYTES,
  RECORD_HEADER_BYTES,
  RecordType,
  type TableGroup,
} from './record.js';
import type { GroupBirth, WalBatch } from './types.js';

const BUFFER_BYTES = 1024 * 1024;
/** A buffer grown beyond this by one large batch is given back. */
const BUFFER_BYTES_KEPT = 8 * 1024 * 1024;

export class FrameWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = FRAME_HEADER_BYTES;

  constructor(initialBytes = BUFFER_BYTES) {
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  /** Header included. */
  get length(): number {
    return this.#length;
  }

  begin(): void {
    this.#length = FRAME_HEADER_BYTES;
    if (this.#bytes.length > BUFFER_BYTES_KEPT) this.#allocate(BUFFER_BYTES);
  }

  finish(kind: FrameKind, position: FramePosition, seed: number): void {
    sealFrame(this, kind, position, seed);
  }

  /** In the order in which they act (types.ts). */
  batch(batch: WalBatch): void {
    for (const { group, minReplica } of batch.removed) this.groupRemoved(group, minReplica);
    for (const birth of batch.created) this.groupCreated(birth);
    for (const write of batch.writes) {
      const { group, entries } = write;
      if (write.snapshot !== undefined) this.snapshotMark(group, write.snapshot);
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i];
        if (entry !== undefined) this.entry(RecordType.entry, group, entry);
      }
      if (write.hardState !== undefined) this.hardState(group, write.hardState);
      if (write.compact !== undefined) this.compactionMark(group, write.compact);
    }
  }

  entry(type: 1 | 7, group: GroupId, entry: Entry): void {
    const { index, term, kind, data } = entry;
    const crc = entryCrc(group, index, term, kind, data);
    const at = this.#record(type, group, ENTRY_PREFIX_BYTES + data.length, kind, crc);
    putUint64(this.#view, at, index);
    putUint64(this.#view, at + 8, term);
    this.#bytes.set(data, at + ENTRY_PREFIX_BYTES);
  }

  hardState(group: GroupId, hardState: HardState): void {
    this.#putHardState(this.#record(RecordType.hardState, group, HARD_STATE_BYTES), hardState);
  }

  compactionMark(group: GroupId, mark: LogMark): void {
    this.#putMark(this.#record(RecordType.compactionMark, group, markBytes(mark)), mark);
  }

  snapshotMark(group: GroupId, mark: LogMark): void {
    this.#putMark(this.#record(RecordType.snapshotMark, group, markBytes(mark)), mark);
  }

  groupCreated(birth: GroupBirth): void {
    this.#putBirth(this.#record(RecordType.groupCreated, birth.group, birthBytes(birth)), birth);
  }

  groupRemoved(group: GroupId, minReplica: ReplicaId): void {
    putUint64(this.#view, this.#record(RecordType.groupRemoved, group, 8), minReplica);
  }

  tombstone(group: GroupId, minReplica: ReplicaId): void {
    putUint64(this.#view, this.#record(RecordType.tombstone, group, 8), minReplica);
  }

  tableGroup(group: TableGroup): void {
    const bytes = 16 + 16 * group.terms.length + birthBytes(group);
    let at = this.#record(RecordType.tableGroup, group.group, bytes);
    putUint64(this.#view, at, group.lastIndex);
    putUint64(this.#view, at + 8, group.terms.length);
    at += 16;
    for (const run of group.terms) {
      putUint64(this.#view, at, run.from);
      putUint64(this.#view, at + 8, run.term);
      at += 16;
    }
    this.#putBirth(at, group);
  }

  /** Writes a record's header and the padding behind its body; returns where the body begins. */
  #record(type: number, group: GroupId, bodyBytes: number, kind = 0, crc = 0): number {
    const at = this.#length;
    const end = at + RECORD_HEADER_BYTES + padded(bodyBytes);
    invariant(end <= FRAME_BYTES_MAX, `a batch of more than ${FRAME_BYTES_MAX} bytes`);
    if (end > this.#bytes.length) this.#grow(end);
    const view = this.#view;
    // What the buffer held before must not reach the disk through the padding.
    view.setUint32(end - 8, 0, true);
    view.setUint32(end - 4, 0, true);
    view.setUint32(at, type | (kind << 8), true);
    view.setUint32(at + 4, bodyBytes, true);
    view.setUint32(at + 8, group, true);
    view.setUint32(at + 12, crc, true);
    this.#length = end;
    return at + RECORD_HEADER_BYTES;
  }

  #putHardState(at: number, hardState: HardState): void {
    putUint64(this.#view, at, hardState.term);
    putUint64(this.#view, at + 8, hardState.vote);
    putUint64(this.#view, at + 16, hardState.commit);
  }

  #putMark(at: number, mark: LogMark): void {
    putUint64(this.#view, at, mark.index);
    putUint64(this.#view, at + 8, mark.term);
    putConfiguration(this.#view, at + 16, mark.configuration);
  }

  #putBirth(at: number, birth: GroupBirth): void {
    putUint64(this.#view, at, birth.replica);
    this.#putHardState(at + 8, birth.hardState);
    this.#putMark(at + 8 + HARD_STATE_BYTES, birth.mark);
  }

  #grow(needed: number): void {
    const old = this.#bytes;
    this.#allocate(Math.max(needed, Math.min(2 * old.length, FRAME_BYTES_MAX)));
    this.#bytes.set(old.subarray(0, this.#length));
  }

  #allocate(bytes: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

function birthBytes(birth: GroupBirth): number {
  return 8 + HARD_STATE_BYTES + markBytes(birth.mark);
}

function markBytes(mark: LogMark): number {
  return 16 + configurationBytes(mark.configuration);
}
