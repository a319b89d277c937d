/**
 * One shard's row in memory. `apply` changes the fields inside a transaction; what readers see is
 * `visible`, replaced only after COMMIT. `durable` follows when the worker has synced.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { GroupId, Index, Term } from '../../raft/core/types.js';
import { isRangeOfPlaces, Standing } from './schema.js';
import type { Revision, ShardBirth, ShardState } from './types.js';

export interface ShardRow {
  readonly group_id: number;
  readonly range_start: number;
  readonly range_end: number;
  readonly epoch_range: number;
  readonly epoch_members: number;
  readonly revision: number;
  readonly applied: number;
  readonly applied_term: number;
  readonly time_ms: number;
  /** Id of the row that the next `verify` begins with; 0: the first of the range. */
  readonly verify_id: number;
  readonly standing: Standing;
}

export class ShardDraft {
  readonly group: GroupId;
  rangeStart: number;
  rangeEnd: number;
  rangeEpoch: number;
  membersEpoch: number;
  revision: Revision;
  applied: Index;
  appliedTerm: Term;
  timeMs: number;
  verifyId: number;
  standing: Standing;
  visible: ShardState;
  durable: Index = 0;

  constructor(row: ShardRow) {
    this.group = row.group_id;
    this.rangeStart = row.range_start;
    this.rangeEnd = row.range_end;
    this.rangeEpoch = row.epoch_range;
    this.membersEpoch = row.epoch_members;
    this.revision = row.revision;
    this.applied = row.applied;
    this.appliedTerm = row.applied_term;
    this.timeMs = row.time_ms;
    this.verifyId = row.verify_id;
    this.standing = row.standing;
    this.visible = this.#state();
  }

  static born(birth: ShardBirth): ShardDraft {
    const { group, range, epoch, revision, applied } = birth;
    invariant(isRangeOfPlaces(range.start, range.end), `group ${group} has a range of hashes`);
    return new ShardDraft({
      group_id: group,
      range_start: range.start,
      range_end: range.end,
      epoch_range: epoch.range,
      epoch_members: epoch.members,
      revision,
      applied,
      applied_term: 0,
      time_ms: 0,
      verify_id: 0,
      standing: Standing.whole,
    });
  }

  covers(hash: number): boolean {
    return hash >= this.rangeStart && hash < this.rangeEnd;
  }

  /** After COMMIT: what the transaction did may be read. */
  publish(): void {
    this.visible = this.#state();
  }

  #state(): ShardState {
    return {
      group: this.group,
      range: { start: this.rangeStart, end: this.rangeEnd },
      epoch: { range: this.rangeEpoch, members: this.membersEpoch },
      revision: this.revision,
      applied: this.applied,
      timeMs: this.timeMs,
    };
  }
}
