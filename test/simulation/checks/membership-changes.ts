/**
 * R14: what configurations may follow each other, when, and which one is in force where. The rule
 * of this Raft is that a configuration acts once it is applied.
 */
import type { Configuration, Index, ReplicaId } from '../../../src/raft/core/types.js';
import { EntryKind } from '../../../src/raft/core/types.js';
import type { GroupWrite, WalBatch } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import { type Check, type Sight, who } from './check.js';
import {
  configurationOf,
  isJoint,
  isMember,
  membersOf,
  sameConfiguration,
  tellConfiguration,
} from './configurations.js';
import type { Ghost, GhostGroup } from './ghost.js';
import type { GhostLog } from './ghost-log.js';

export class MembershipChanges implements Check {
  readonly #ghost: Ghost;

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  /** A group's replica goes for ever: only when the group no longer counts it. */
  appendWritten(process: ProcessView, { removed }: WalBatch): void {
    for (const { group, minReplica } of removed) {
      const { newestConfiguration } = this.#ghost.group(group);
      if (newestConfiguration === undefined) continue;
      const still = membersOf(newestConfiguration).find(
        ({ node, replica }) => node === process.node && replica < minReplica,
      );
      if (still === undefined) continue;
      const what = `destroys replica ${still.replica} of group ${group}, which is a member`;
      this.#ghost.violated('R14', `node ${process.node} ${what}`);
    }
  }

  /** Its leader is the one who proposes it: what holds then holds wherever it is copied to. */
  writing(process: ProcessView, log: GhostLog, { group: id, entries }: GroupWrite): void {
    for (const entry of entries) {
      if (entry.kind !== EntryKind.configuration) continue;
      const group = this.#ghost.group(id);
      if (group.leaders.get(entry.term) !== log.replica) continue;
      const where = `node ${process.node} leads group ${id} and proposes ${entry.index}`;
      const next = configurationOf(entry);
      if (next === undefined) {
        this.#ghost.violated('R14', `${where}, a configuration that cannot be read`);
        continue;
      }
      this.#proposed(where, group, log, { index: entry.index, term: entry.term, next });
    }
  }

  #proposed(
    where: string,
    group: GhostGroup,
    log: GhostLog,
    change: { index: Index; term: number; next: Configuration },
  ): void {
    const last = group.committed(group.commitIndex);
    if (last === undefined || last.term < change.term) {
      const what = `before an entry of its term ${change.term} is committed`;
      this.#ghost.violated('R14', `${where} ${what}`);
    }
    const pending = log.configurations.findLast(({ index }) => index < change.index);
    if (pending !== undefined && pending.index > group.commitIndex) {
      this.#ghost.violated('R14', `${where} while ${pending.index} is not committed`);
    }
    const before = pending?.configuration ?? group.configurationAt(change.index - 1);
    if (before === undefined) return;
    const why = illegalStep(before, change.next);
    if (why === undefined) return;
    const step = `${tellConfiguration(before)} -> ${tellConfiguration(change.next)}`;
    this.#ghost.violated('R14', `${where}: ${why} (${step})`);
  }

  looked(sight: Sight): void {
    const { status, before, ghost } = sight;
    if (status.removed && before?.removed !== true) this.#removed(sight);
    const { configuration, applied, installing } = status;
    if (configuration === before?.configuration && applied === before.applied) return;
    const inForce = ghost.configurationAt(applied);
    // The mark of a log may be ahead of what is applied, after a start and while installing.
    if (inForce === undefined || installing || applied < status.firstIndex - 1) return;
    if (sameConfiguration(configuration, inForce)) return;
    const what = `acts by ${tellConfiguration(configuration)} at ${applied}`;
    this.#ghost.violated('R14', `${who(sight)} ${what}, not ${tellConfiguration(inForce)}`);
  }

  /** G2: by what it applied itself or by what a member said, but never while it is a member. */
  #removed(sight: Sight): void {
    const { status, ghost } = sight;
    const newest = ghost.newestConfiguration;
    if (newest === undefined || !isMember(newest, status.self)) return;
    const what = `believes that it was removed, but there are ${tellConfiguration(newest)}`;
    this.#ghost.violated('R14', `${who(sight)} ${what}`);
  }
}

/** Why `next` may not follow `before`, in words. */
export function illegalStep(before: Configuration, next: Configuration): string | undefined {
  if (next.voters.length === 0) return 'no voters are left';
  const unknown = membersOf(next).find(
    ({ replica }) => !isMember(before, replica) && replica < before.nextReplica,
  );
  if (unknown !== undefined) return `replica id ${unknown.replica} is given a second time`;
  const beyond = membersOf(next).find(({ replica }) => replica >= next.nextReplica);
  if (beyond !== undefined) return `replica id ${beyond.replica} is still to be given`;
  if (next.nextReplica < before.nextReplica) return 'the next replica id falls';
  return isJoint(before) ? illegalLeave(before, next) : illegalBeginning(before, next);
}

function illegalLeave(before: Configuration, next: Configuration): string | undefined {
  if (isJoint(next)) return 'a joint configuration follows a joint one';
  if (!sameReplicas(next.voters, before.voters)) return 'leaving changes the voters';
  const learners = [...before.learners, ...before.learnersNext];
  return sameReplicas(next.learners, learners) ? undefined : 'leaving changes the learners';
}

function illegalBeginning(before: Configuration, next: Configuration): string | undefined {
  if (isJoint(next)) {
    return sameReplicas(next.outgoing, before.voters)
      ? newVoterWasNoLearner(before, next)
      : 'the outgoing voters are not the ones of before';
  }
  return sameReplicas(next.voters, before.voters) ? undefined : 'voters change in one step';
}

function newVoterWasNoLearner(before: Configuration, next: Configuration): string | undefined {
  const known = new Set([...before.voters, ...before.learners].map(({ replica }) => replica));
  const stranger = next.voters.find(({ replica }) => !known.has(replica));
  return stranger === undefined
    ? undefined
    : `replica ${stranger.replica} becomes a voter and was no learner`;
}

type Replicas = readonly { readonly replica: ReplicaId }[];

function sameReplicas(one: Replicas, other: Replicas): boolean {
  const ids = (list: Replicas) =>
    list
      .map(({ replica }) => replica)
      .sort((a, b) => a - b)
      .join(' ');
  return ids(one) === ids(other);
}
