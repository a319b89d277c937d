/** A shard as the admin routes show it: the service's words in the API's spelling. */
import type { z } from 'zod';
import type { ShardMember, ShardStatus } from '../kv/service.js';
import type { SnapshotTransfer } from '../raft/snapshots/statistics.js';
import type { membershipAnswerSchema, shardSchema } from './schemas.js';

export function shardView(
  status: ShardStatus,
  transfers: readonly SnapshotTransfer[],
): z.input<typeof shardSchema> {
  const { shard, range, epoch, members, changing, leader, replica } = status;
  const own = transfers.filter(({ group }) => group === shard);
  return {
    shard,
    range: { start: range.start, end: range.end },
    epoch: { range: epoch.range, members: epoch.members },
    members: members.map((member) => memberView(member, own)),
    changing,
    leader: leader ?? null,
    replica:
      replica === undefined
        ? null
        : {
            replica: replica.replica,
            role: replica.role,
            term: replica.term,
            leader: replica.leader ?? null,
            first_index: replica.firstIndex,
            last_index: replica.lastIndex,
            commit: replica.commit,
            applied: replica.applied,
            durable: replica.durable,
            revision: replica.revision,
            behind_tail: replica.behindTail,
            quorum_active: replica.quorumActive,
            voter: replica.voter,
            quiet: replica.quiet,
            installing: replica.installing,
            damaged: replica.damaged,
            snapshot: transferView(own.find(({ state }) => state !== 'sending')),
          },
  };
}

type MemberView = z.input<typeof membershipAnswerSchema>['members'][number];

/** `transfers`: those of the member's shard. */
export function memberView(
  { node, replica, role, progress }: ShardMember,
  transfers: readonly SnapshotTransfer[],
): MemberView {
  const sent = transfers.find(({ peer, state }) => state === 'sending' && peer === node);
  return { node, replica, role, progress: progress ?? null, snapshot: transferView(sent) };
}

function transferView(transfer: SnapshotTransfer | undefined) {
  if (transfer === undefined) return null;
  const { state, index, bytesDone, bytesTotal } = transfer;
  return { state, index, bytes_done: bytesDone, bytes_total: bytesTotal };
}
