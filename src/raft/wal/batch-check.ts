/**
 * Refuses a batch that must never become durable, before a byte of it is encoded. Every check here
 * is a programmer error of the host or the core, and the log is the last place that can stop it:
 * a second vote in a term, a term that goes back, a hole.
 */
import { decodeConfiguration, encodeConfiguration } from '../core/configuration-codec.js';
import { invariant } from '../core/invariant.js';
import {
  type Configuration,
  type ConfigurationAt,
  type Entry,
  type EntryId,
  EntryKind,
  type GroupId,
  type HardState,
  type Index,
  type LogMark,
  NOBODY,
  type Term,
} from '../core/types.js';
import { ENTRY_BYTES_MAX } from './format.js';
import type { LogState } from './log-state.js';
import type { GroupBirth, GroupWrite, WalBatch } from './types.js';

/** A group as it will be after the part of the batch that was checked. */
class Plan {
  hardState: HardState;
  mark: LogMark;
  lastIndex: Index;
  /** Terms of entries that this batch brings; older ones are asked of the log. */
  #termsFrom: Index;
  #terms: Term[] = [];
  #configurations: readonly ConfigurationAt[];
  readonly #termInLog: (index: Index) => Term | undefined;

  constructor(
    base: {
      readonly hardState: HardState;
      readonly mark: LogMark;
      readonly lastIndex: Index;
      readonly configurations: readonly ConfigurationAt[];
    },
    termInLog: (index: Index) => Term | undefined,
  ) {
    this.hardState = base.hardState;
    this.mark = base.mark;
    this.lastIndex = base.lastIndex;
    this.#termsFrom = base.lastIndex + 1;
    this.#configurations = base.configurations;
    this.#termInLog = termInLog;
  }

  termAt(index: Index): Term | undefined {
    if (index === this.mark.index) return this.mark.term;
    if (index >= this.#termsFrom) return this.#terms[index - this.#termsFrom];
    return this.#termInLog(index);
  }

  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    if (first.index < this.#termsFrom) this.#termsFrom = first.index;
    this.#terms.length = first.index - this.#termsFrom;
    for (const entry of entries) this.#terms.push(entry.term);
    if (this.#configurations.length > 0 || entries.some(isConfiguration)) {
      const kept = this.#configurations.filter(({ index }) => index < first.index);
      this.#configurations = [...kept, ...entries.filter(isConfiguration).map(configurationIn)];
    }
    this.lastIndex = first.index + entries.length - 1;
  }

  /** Entries behind a mark that the log does not hold are gone; the others stay. */
  startAfter(mark: LogMark): void {
    const held = this.holds(mark);
    this.mark = mark;
    this.#configurations = this.#configurations.filter(({ index }) => held && index > mark.index);
    if (held) return;
    this.lastIndex = mark.index;
    this.#termsFrom = mark.index + 1;
    this.#terms = [];
  }

  holds({ index, term }: EntryId): boolean {
    return index <= this.lastIndex && this.termAt(index) === term;
  }

  configurationAt(index: Index): Configuration {
    const last = this.#configurations.findLast((known) => known.index <= index);
    return last?.configuration ?? this.mark.configuration;
  }
}

export function checkBatch(batch: WalBatch, state: LogState): void {
  const plans = new Map<GroupId, Plan>();
  const removed = new Map<GroupId, number>();
  for (const { group, minReplica } of batch.removed) {
    checkGroupId(group);
    invariant(isCount(minReplica), `tombstone ${minReplica} of group ${group} is not an id`);
    const own = state.groups.get(group)?.replica ?? NOBODY;
    invariant(minReplica > own, `replica ${own} of group ${group} could come back (G2)`);
    removed.set(group, Math.max(minReplica, removed.get(group) ?? 0));
  }
  for (const birth of batch.created) {
    checkBirth(birth, state, removed.get(birth.group));
    invariant(!plans.has(birth.group), `group ${birth.group} is created twice in one batch`);
    const { hardState, mark } = birth;
    const empty = { lastIndex: mark.index, configurations: [] };
    plans.set(birth.group, new Plan({ hardState, mark, ...empty }, () => undefined));
  }
  for (const write of batch.writes) {
    let plan = plans.get(write.group);
    if (plan === undefined) {
      const log = removed.has(write.group) ? undefined : state.groups.get(write.group);
      invariant(log !== undefined, `group ${write.group} is not in the log`);
      plan = new Plan(log, (index) => log.termAt(index));
      plans.set(write.group, plan);
    }
    checkWrite(write, plan);
  }
}

/** In the order in which the parts of a write act. */
function checkWrite(write: GroupWrite, plan: Plan): void {
  const { group, snapshot, entries, hardState, compact } = write;
  if (snapshot !== undefined) checkSnapshot(snapshot, plan, group);
  checkEntries(entries, plan, group);
  if (hardState !== undefined) checkHardState(hardState, plan, group);
  if (compact !== undefined) checkCompaction(compact, plan, group);
  const { commit } = plan.hardState;
  invariant(commit <= plan.lastIndex, `group ${group} would lack entries up to ${commit} (C5)`);
}

function checkBirth(birth: GroupBirth, state: LogState, removed: number | undefined): void {
  const { group, replica, mark, hardState } = birth;
  checkGroupId(group);
  const live = state.groups.has(group) && removed === undefined;
  invariant(!live, `group ${group} is in the log already`);
  checkMark(mark, group);
  invariant(hardState.commit <= mark.index, `group ${group} is born lacking entries (C5)`);
  const minimum = Math.max(state.tombstones.get(group) ?? 0, removed ?? 0, NOBODY + 1);
  invariant(replica >= minimum, `replica ${replica} of group ${group} is below ${minimum}`);
}

/** A snapshot may lie beyond the log, and beside it; never before the log's beginning. */
function checkSnapshot(next: LogMark, plan: Plan, group: GroupId): void {
  checkMark(next, group);
  const { index } = plan.mark;
  invariant(next.index >= index, `a snapshot at ${next.index} of group ${group} after ${index}`);
  // Two committed entries cannot share an index: one of them is a lie (D12).
  const agrees = next.index > Math.max(index, plan.hardState.commit) || plan.holds(next);
  invariant(agrees, `a snapshot of group ${group} contradicts its committed entry ${next.index}`);
  if (next.index > index) plan.startAfter(next);
}

/** What is compacted was applied here, so the log holds it. A mark that was passed is no harm. */
function checkCompaction(next: LogMark, plan: Plan, group: GroupId): void {
  checkMark(next, group);
  if (next.index <= plan.mark.index) return;
  invariant(plan.holds(next), `group ${group} is compacted at ${next.index}, which it lacks`);
  const known = encodeConfiguration(plan.configurationAt(next.index));
  const same = Buffer.compare(known, encodeConfiguration(next.configuration)) === 0;
  invariant(same, `group ${group} had another configuration at ${next.index} than its mark says`);
  plan.startAfter(next);
}

function checkMark({ index, term }: LogMark, group: GroupId): void {
  invariant(isCount(index) && isCount(term), `a mark of group ${group} is not an index and a term`);
}

function checkEntries(entries: readonly Entry[], plan: Plan, group: GroupId): void {
  const first = entries[0];
  if (first === undefined) return;
  const { index } = first;
  invariant(index > plan.mark.index, `entry ${index} of group ${group} is compacted away`);
  invariant(index <= plan.lastIndex + 1, `entry ${index} of group ${group} leaves a gap`);
  const { commit } = plan.hardState;
  invariant(index > commit, `entry ${index} of group ${group} would replace what is committed`);
  let term = plan.termAt(index - 1) ?? 0;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (entry === undefined) continue;
    invariant(entry.index === index + i, `entries of group ${group} are not consecutive`);
    invariant(entry.term >= term, `terms of group ${group} go back at ${entry.index}`);
    invariant(entry.data.length <= ENTRY_BYTES_MAX, `an entry of over ${ENTRY_BYTES_MAX} bytes`);
    term = entry.term;
  }
  plan.append(entries);
}

function isConfiguration({ kind }: Entry): boolean {
  return kind === EntryKind.configuration;
}

/** Once an unreadable one was written, nobody could open the log any more. */
function configurationIn({ index, data }: Entry): ConfigurationAt {
  const configuration = decodeConfiguration(data);
  invariant(configuration !== undefined, `entry ${index} carries no configuration`);
  return { index, configuration };
}

/** Figure 2; one vote per term, whatever happened in between (A2, A16). */
function checkHardState(next: HardState, plan: Plan, group: GroupId): void {
  const { term, vote, commit } = plan.hardState;
  invariant(next.term >= term, `term of group ${group} goes back from ${term} to ${next.term}`);
  const changed = next.term === term && vote !== 0 && next.vote !== vote;
  invariant(!changed, `group ${group} votes for ${next.vote} after ${vote} in term ${term}`);
  invariant(next.commit >= commit, `commit of group ${group} goes back from ${commit}`);
  plan.hardState = next;
}

function checkGroupId(group: GroupId): void {
  invariant(isCount(group) && group <= 0xffff_ffff, `group ${group} is not a 32-bit id`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
