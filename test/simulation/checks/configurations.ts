/**
 * Majorities and configurations, written anew: what is checked must not be checked with itself.
 */
import { getConfiguration } from '../../../src/raft/core/configuration-codec.js';
import type { Configuration, Entry, Member, ReplicaId } from '../../../src/raft/core/types.js';

export function configurationOf({ data }: Entry): Configuration | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return getConfiguration(view, 0, data.byteLength);
}

/** Section 6: a majority of the voters, and of the outgoing ones while there are any. */
export function hasQuorum(
  { voters, outgoing }: Configuration,
  holds: (member: Member) => boolean,
): boolean {
  return hasMajority(voters, holds) && (outgoing.length === 0 || hasMajority(outgoing, holds));
}

function hasMajority(voters: readonly Member[], holds: (member: Member) => boolean): boolean {
  let count = 0;
  for (const voter of voters) if (holds(voter)) count += 1;
  return count * 2 > voters.length;
}

export function isJoint({ outgoing }: Configuration): boolean {
  return outgoing.length > 0;
}

/** Everybody once, by replica id. */
export function membersOf({ voters, outgoing, learners, learnersNext }: Configuration): Member[] {
  const members = new Map<ReplicaId, Member>();
  for (const member of [...voters, ...outgoing, ...learners, ...learnersNext]) {
    members.set(member.replica, member);
  }
  return [...members.values()].sort((a, b) => a.replica - b.replica);
}

export function isMember(configuration: Configuration, replica: ReplicaId): boolean {
  return membersOf(configuration).some((member) => member.replica === replica);
}

export function sameConfiguration(one: Configuration, other: Configuration): boolean {
  return tellConfiguration(one) === tellConfiguration(other);
}

/** As in `voters 1 2 3, learners 4, next 5`. */
export function tellConfiguration(configuration: Configuration): string {
  const { voters, outgoing, learners, learnersNext, autoLeave, nextReplica } = configuration;
  const list = (name: string, members: readonly Member[]) =>
    members.length === 0 ? [] : [`${name} ${replicas(members)}`];
  return [
    ...list('voters', voters),
    ...list('outgoing', outgoing),
    ...list('learners', learners),
    ...list('learners next', learnersNext),
    ...(autoLeave ? ['auto-leave'] : []),
    `next ${nextReplica}`,
  ].join(', ');
}

/** As in `3@n2`: replica 3 on node 2. */
function replicas(members: readonly Member[]): string {
  return [...members]
    .sort((a, b) => a.replica - b.replica)
    .map(({ node, replica }) => `${replica}@n${node}`)
    .join(' ');
}
