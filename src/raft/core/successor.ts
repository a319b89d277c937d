/**
 * To whom a leader hands over when nobody was named: the voter that lacks the least.
 */
import type { Membership } from './membership.js';
import type { Progress } from './progress.js';
import type { ReplicaId } from './types.js';

/** Undefined when no voter is heard from. */
export function bestSuccessor(
  membership: Membership,
  followers: ReadonlyMap<ReplicaId, Progress>,
): ReplicaId | undefined {
  let best: { replica: ReplicaId; match: number } | undefined;
  for (const [replica, { match, recentlyActive }] of followers) {
    if (!recentlyActive || !membership.voters.includes(replica)) continue;
    if (best === undefined || match > best.match) best = { replica, match };
  }
  return best?.replica;
}
