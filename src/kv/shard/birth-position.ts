/** Where a shard stands on the ring from its birth on. */
import type { GroupId } from '../../raft/core/types.js';
import { hashBytes } from './hash.js';

/** Spread by its group's number, unlike any node's point. */
export function birthPosition(group: GroupId): number {
  return hashBytes(Buffer.from(`shard/${group}`));
}
