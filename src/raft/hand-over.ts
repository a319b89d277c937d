/**
 * A node that is about to stop gives its leaderships away first, so that its shards wait a round
 * trip for their new leaders and not an election timeout.
 */
import type { Clock } from './clock.js';
import type { ReplicaId } from './core/types.js';
import type { Group } from './group.js';

export interface HandOverParts {
  readonly groups: () => Iterable<Group>;
  readonly transfer: (group: Group, to: ReplicaId) => void;
  readonly stopped: () => boolean;
  readonly clock: Clock;
  readonly pollMs: number;
}

/**
 * Offers every leadership held now to its best follower, again when an attempt came to nothing, and
 * waits until none is left that somebody could take, or `timeoutMs` have passed. What comes back
 * stays: nodes that stop together would pass it to and fro, an election each time.
 */
export async function handOver(parts: HandOverParts, timeoutMs: number): Promise<void> {
  const { groups, transfer, stopped, clock, pollMs } = parts;
  const endMs = clock.monotonicMs() + timeoutMs;
  const held = new Set([...groups()].filter((group) => group.raft.leadership !== undefined));
  const tried = new Map<Group, Set<ReplicaId>>();
  while (!stopped() && clock.monotonicMs() < endMs) {
    let offered = 0;
    for (const group of held) {
      if (group.raft.leadership === undefined) held.delete(group);
      const refused = tried.get(group) ?? new Set();
      const to = bestFollower(group, refused) ?? bestFollower(group);
      if (to === undefined) continue;
      offered += 1;
      if (group.raft.leadership?.transferring !== false) continue;
      tried.set(group, refused.add(to));
      transfer(group, to);
    }
    if (offered === 0) return;
    const pauseMs = Math.min(pollMs, endMs - clock.monotonicMs());
    await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
  }
}

/**
 * The voter that is heard and holds most of the log, the smallest id among equals, and whoever did
 * not take over when asked only after the others; undefined for a follower.
 */
export function bestFollower(
  group: Group,
  refused: ReadonlySet<ReplicaId> = new Set(),
): ReplicaId | undefined {
  let best: ReplicaId | undefined;
  let bestMatch = -1;
  for (const [replica, progress] of group.raft.leadership?.followers ?? []) {
    const there = progress.state === 'replicate' && progress.recentlyActive;
    const eligible = there && group.raft.membership.isVoter(replica) && !refused.has(replica);
    if (!eligible || progress.match <= bestMatch) continue;
    best = replica;
    bestMatch = progress.match;
  }
  return best;
}
