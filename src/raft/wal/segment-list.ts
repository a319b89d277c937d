/**
 * The segments of the log, oldest first, with what is still alive in each.
 *
 * Their ids are consecutive: segments go from the front only, so a hole is a loss and not a
 * history (I3).
 */
import { invariant } from '../core/invariant.js';
import type { GroupId, Index } from '../core/types.js';
import type { OpenFile } from './file-system.js';
import {
  encodeSegmentHeader,
  FORMAT_VERSION,
  frameSeed,
  type SegmentHeader,
  segmentFileName,
} from './format.js';
import type { SpaceAccount } from './group-log.js';
import { entryRecordBytes } from './record.js';

export class Segment {
  readonly id: number;
  readonly fileName: string;
  readonly capacityBytes: number;
  readonly seed: number;
  readonly file: OpenFile;
  readonly #header: SegmentHeader;
  #version: number;
  /** Entries of live groups, after their marks, whose bytes lie here. */
  liveEntries = 0;
  /** Bytes of their records: what carrying them would cost. */
  liveBytes = 0;
  /** The highest index that each group ever wrote here. */
  readonly lastIndexes = new Map<GroupId, Index>();

  constructor(header: SegmentHeader, file: OpenFile, version = FORMAT_VERSION) {
    this.#header = header;
    this.#version = version;
    this.id = header.id;
    this.fileName = segmentFileName(header.id);
    this.capacityBytes = header.capacityBytes;
    this.seed = frameSeed(header);
    this.file = file;
  }

  /**
   * Before anything is written here that the version in the header does not know. The header is
   * within one sector, so it stays whole; and whatever an older version wrote may stand behind it.
   */
  async raiseVersion(): Promise<void> {
    if (this.#version === FORMAT_VERSION) return;
    const bytes = encodeSegmentHeader(this.#header);
    await this.file.write(bytes, bytes.length, 0);
    this.#version = FORMAT_VERSION;
  }
}

export class SegmentList implements SpaceAccount {
  #segments: Segment[] = [];
  #totalBytes = 0;
  #liveBytes = 0;

  get all(): readonly Segment[] {
    return this.#segments;
  }

  get oldest(): Segment | undefined {
    return this.#segments[0];
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  push(segment: Segment): void {
    const last = this.newest;
    invariant(last === undefined || segment.id === last.id + 1, 'segment ids are consecutive');
    this.#segments.push(segment);
    this.#totalBytes += segment.capacityBytes;
  }

  byId(id: number): Segment {
    const segment = this.#segments[id - (this.oldest?.id ?? 0)];
    invariant(segment !== undefined && segment.id === id, `segment ${id} is not in the log`);
    return segment;
  }

  /** Takes the oldest out, when nothing in it is needed and it is not the one being written. */
  shift(): Segment | undefined {
    const oldest = this.oldest;
    if (oldest === undefined || !this.canRelease(0)) return undefined;
    this.#segments.shift();
    this.#totalBytes -= oldest.capacityBytes;
    return oldest;
  }

  canRelease(position: number): boolean {
    const segment = this.#segments[position];
    return segment !== undefined && segment !== this.newest && segment.liveEntries === 0;
  }

  used(id: number, bytes: number, group: GroupId, index: Index): void {
    const segment = this.byId(id);
    segment.liveEntries++;
    this.#account(segment, entryRecordBytes(bytes));
    const before = segment.lastIndexes.get(group);
    if (before === undefined || index > before) segment.lastIndexes.set(group, index);
  }

  freed(id: number, bytes: number): void {
    const segment = this.byId(id);
    segment.liveEntries--;
    this.#account(segment, -entryRecordBytes(bytes));
    invariant(segment.liveEntries >= 0, `segment ${id} lost more entries than it held`);
  }

  #account(segment: Segment, bytes: number): void {
    segment.liveBytes += bytes;
    this.#liveBytes += bytes;
  }
}
