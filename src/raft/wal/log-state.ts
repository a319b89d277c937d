/**
 * What the log says, in memory. Frames are applied by the same code when they have just been
 * written and when they are replayed, so that a node goes on after a restart exactly where the
 * disk says it was.
 */
import { getConfiguration } from '../core/configuration-codec.js';
import { invariant } from '../core/invariant.js';
import {
  type Configuration,
  EntryKind,
  type GroupId,
  type HardState,
  type Index,
  type LogMark,
  type ReplicaId,
} from '../core/types.js';
import { FrameKind } from './frame.js';
import { GroupLog, NO_SEGMENT } from './group-log.js';
import {
  ENTRY_PREFIX_BYTES,
  type EntryRecord,
  MalformedRecord,
  RECORD_HEADER_BYTES,
  type RecordVisitor,
  readRecords,
  type TableGroup,
} from './record.js';
import { type Segment, SegmentList } from './segment-list.js';
import type { GroupBirth, Recovered } from './types.js';

/** More entries than a group's tail can have; a table that claims more is not believed. */
const TABLE_ENTRIES_MAX = 2 ** 27;

export interface FrameContent {
  readonly view: DataView;
  /** Where the payload begins and ends in the view. */
  readonly start: number;
  readonly end: number;
  readonly kind: FrameKind;
  readonly segment: Segment;
  /** Where the payload begins in the segment's file. */
  readonly fileOffset: number;
}

export class LogState {
  readonly segments = new SegmentList();
  readonly #groups = new Map<GroupId, GroupLog>();
  readonly #tombstones = new Map<GroupId, ReplicaId>();
  /** False until the first frame: the table of the oldest segment is where everything starts. */
  #started = false;

  get groups(): ReadonlyMap<GroupId, GroupLog> {
    return this.#groups;
  }

  get tombstones(): ReadonlyMap<GroupId, ReplicaId> {
    return this.#tombstones;
  }

  /** Throws MalformedRecord when the content contradicts what is known. */
  apply(frame: FrameContent): void {
    const load = !this.#started;
    if (frame.kind === FrameKind.first) this.#started = true;
    else if (load) throw new MalformedRecord('the log does not begin with a table of its groups');
    const application = new Application(this.#groups, this.#tombstones, frame, load, this.segments);
    readRecords(frame.view, frame.start, frame.end, application);
    application.finish();
  }

  recovered(): Omit<Recovered, 'fresh'> {
    const groups = [...this.#groups.values()].map((log) => {
      const { group, replica, hardState, mark, lastIndex, terms } = log.describe();
      const configurations = [...log.configurations];
      return { group, replica, hardState, mark, lastIndex, terms, configurations };
    });
    groups.sort((a, b) => a.group - b.group);
    return { groups, tombstones: new Map(this.#tombstones) };
  }
}

/** One frame's records, one after the other. */
class Application implements RecordVisitor {
  readonly #groups: Map<GroupId, GroupLog>;
  readonly #tombstones: Map<GroupId, ReplicaId>;
  readonly #frame: FrameContent;
  readonly #load: boolean;
  readonly #segments: SegmentList;
  #tableGroups = 0;
  #tableTombstones = 0;
  #tableOpen: boolean;

  constructor(
    groups: Map<GroupId, GroupLog>,
    tombstones: Map<GroupId, ReplicaId>,
    frame: FrameContent,
    load: boolean,
    segments: SegmentList,
  ) {
    this.#groups = groups;
    this.#tombstones = tombstones;
    this.#frame = frame;
    this.#load = load;
    this.#segments = segments;
    this.#tableOpen = frame.kind === FrameKind.first;
  }

  entry(record: EntryRecord): void {
    if (this.#tableOpen) this.finish();
    const { index, term, kind, dataBytes } = record;
    const log = this.#log(record.group);
    const { segment, fileOffset, start } = this.#frame;
    const offset = fileOffset + record.at - start;
    if (record.carried) {
      log.relocate(index, term, segment.id, offset, dataBytes);
    } else {
      if (index > log.lastIndex + 1) {
        throw new MalformedRecord(`entry ${index} of group ${log.group} after ${log.lastIndex}`);
      }
      if ((log.termAt(index - 1) ?? 0) > term) {
        throw new MalformedRecord(`the terms of group ${log.group} fall at entry ${index}`);
      }
      log.append(index, term, segment.id, offset, dataBytes);
    }
    // Every live entry is met, where it was appended or where it was carried to.
    if (kind === EntryKind.configuration) {
      log.configure(index, term, this.#configuration(record));
    }
  }

  hardState(group: GroupId, hardState: HardState): void {
    this.finish();
    this.#log(group).setHardState(hardState);
  }

  compactionMark(group: GroupId, mark: LogMark): void {
    this.finish();
    const log = this.#log(group);
    if (mark.index > log.mark.index && !log.holds(mark.index, mark.term)) {
      throw new MalformedRecord(`group ${group} is compacted at ${mark.index}, which it lacks`);
    }
    log.compact(mark);
  }

  snapshotMark(group: GroupId, mark: LogMark): void {
    this.finish();
    const log = this.#log(group);
    const { index } = log.mark;
    if (mark.index < index || (mark.index === index && mark.term !== log.mark.term)) {
      throw new MalformedRecord(`a snapshot at ${mark.index} of group ${group} after ${index}`);
    }
    log.restore(mark);
  }

  groupCreated(birth: GroupBirth): void {
    this.finish();
    if (this.#groups.has(birth.group)) {
      throw new MalformedRecord(`group ${birth.group} is created a second time`);
    }
    this.#groups.set(birth.group, new GroupLog(birth, this.#segments));
  }

  groupRemoved(group: GroupId, minReplica: ReplicaId): void {
    this.finish();
    this.#groups.get(group)?.clear();
    this.#groups.delete(group);
    this.#tombstones.set(group, Math.max(minReplica, this.#tombstones.get(group) ?? 0));
  }

  tableGroup(table: TableGroup): void {
    if (!this.#tableOpen) throw new MalformedRecord('a table in the middle of a segment');
    this.#tableGroups++;
    const known = this.#groups.get(table.group);
    if (known !== undefined) {
      if (!agrees(known, table)) throw contradiction(table.group);
      return;
    }
    if (!this.#load) throw contradiction(table.group);
    const entries = table.lastIndex - table.mark.index;
    const bad = entries < 0 || entries > TABLE_ENTRIES_MAX || !runsCover(table);
    if (bad) throw new MalformedRecord(`the table's line of group ${table.group} is nonsense`);
    const log = new GroupLog(table, this.#segments);
    log.expectEntries(table);
    this.#groups.set(table.group, log);
  }

  tombstone(group: GroupId, minReplica: ReplicaId): void {
    if (!this.#tableOpen) throw new MalformedRecord('a table in the middle of a segment');
    this.#tableTombstones++;
    if (this.#load) this.#tombstones.set(group, minReplica);
    else if (this.#tombstones.get(group) !== minReplica) throw contradiction(group);
  }

  /** The table must name every group that the segments before it left, and no other. */
  finish(): void {
    if (!this.#tableOpen) return;
    this.#tableOpen = false;
    const complete =
      this.#tableGroups === this.#groups.size && this.#tableTombstones === this.#tombstones.size;
    if (!complete) throw new MalformedRecord('the table leaves out groups that the log has');
  }

  #configuration({ group, index, at, dataBytes }: EntryRecord): Configuration {
    const start = at + RECORD_HEADER_BYTES + ENTRY_PREFIX_BYTES;
    const found = getConfiguration(this.#frame.view, start, start + dataBytes);
    if (found !== undefined) return found;
    throw new MalformedRecord(`the configuration in entry ${index} of group ${group} is not one`);
  }

  #log(group: GroupId): GroupLog {
    const log = this.#groups.get(group);
    if (log === undefined) throw new MalformedRecord(`group ${group} was never created`);
    return log;
  }
}

function agrees(log: GroupLog, table: TableGroup): boolean {
  const { hardState, mark } = log;
  return (
    log.replica === table.replica &&
    log.lastIndex === table.lastIndex &&
    mark.index === table.mark.index &&
    mark.term === table.mark.term &&
    hardState.term === table.hardState.term &&
    hardState.vote === table.hardState.vote &&
    hardState.commit === table.hardState.commit
  );
}

function runsCover(table: TableGroup): boolean {
  const { mark, lastIndex, terms } = table;
  if (lastIndex === mark.index) return terms.length === 0;
  let last: Index = mark.index;
  for (const run of terms) {
    if (run.from <= last || run.from > lastIndex) return false;
    last = run.from;
  }
  return terms[0]?.from === mark.index + 1;
}

function contradiction(group: GroupId): MalformedRecord {
  return new MalformedRecord(`the segment's table contradicts the log for group ${group}`);
}

/** A live entry that no segment holds: a segment was lost from the front. */
export function missingEntry(
  state: LogState,
): { readonly group: GroupId; readonly index: Index } | undefined {
  for (const log of state.groups.values()) {
    const index = log.firstMissing();
    if (index !== undefined) {
      invariant(log.segmentOf(index) === NO_SEGMENT, 'a missing entry has no segment');
      return { group: log.group, index };
    }
  }
  return undefined;
}
