/**
 * The members of a shard as operators see them: from the configuration that is in force at this
 * node's replica, with what the leader knows of the others.
 */
import type { Leadership } from '../raft/core/leadership.js';
import type { Configuration, Index, Member, ReplicaId } from '../raft/core/types.js';
import type { MemberProgress, MemberRole, ShardMember } from './service.js';

/** By node. */
export function membersIn(
  configuration: Configuration,
  leading?: { leadership: Leadership; lastIndex: Index },
): ShardMember[] {
  const { voters, outgoing, learners } = configuration;
  const isIn = (members: readonly Member[], { replica }: Member) =>
    members.some((member) => member.replica === replica);
  const members: ShardMember[] = [];
  const add = (member: Member, role: MemberRole) => {
    const progress = leading && progressOf(member.replica, leading);
    members.push({ ...member, role, ...(progress !== undefined && { progress }) });
  };
  const joint = outgoing.length > 0;
  for (const voter of voters) {
    add(voter, joint && !isIn(outgoing, voter) ? 'incoming' : 'voter');
  }
  for (const voter of outgoing) if (!isIn(voters, voter)) add(voter, 'outgoing');
  for (const learner of learners) add(learner, 'learner');
  return members.sort((a, b) => a.node - b.node);
}

function progressOf(
  replica: ReplicaId,
  { leadership, lastIndex }: { leadership: Leadership; lastIndex: Index },
): MemberProgress | undefined {
  const progress = leadership.followers.get(replica);
  if (progress === undefined) return undefined;
  const { state, match, recentlyActive: active } = progress;
  return { state, match, active, lag: Math.max(0, lastIndex - match) };
}
