/**
 * What a leader's parts look at, without a leader.
 */
import { Membership } from '../../../src/raft/core/membership.js';
import { Progress } from '../../../src/raft/core/progress.js';
import type { Configuration, Index, ReplicaId } from '../../../src/raft/core/types.js';

export interface Known {
  readonly match: Index;
  /** Neither heard in this period nor in the one before. */
  readonly silent?: boolean;
}

/** Replica 1 leads; of the others this is known. */
export function followersOf(
  configuration: Configuration,
  known: Readonly<Record<ReplicaId, Known>>,
): { membership: Membership; followers: Map<ReplicaId, Progress> } {
  const membership = new Membership(configuration);
  const followers = new Map<ReplicaId, Progress>();
  for (const [id, { match, silent = false }] of Object.entries(known)) {
    const progress = new Progress(match + 1, { messagesMax: 10, bytesMax: 1000 });
    progress.accepted(match);
    progress.active = !silent;
    followers.set(Number(id), progress);
  }
  return { membership, followers };
}
