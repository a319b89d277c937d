/** Members of a shard in words: in one cell of `kvorum status`, and as a table of their own. */
import type { MemberView } from './cluster-view.js';
import { formatTable } from './table.js';

/** Voters are the rule and stand by their number alone: `1 2 3 4:learner,-120`. */
export function membersInBrief(members: readonly MemberView[]): string {
  return members
    .map((member) => {
      const { node, role, progress } = member;
      const words = role === 'voter' ? [] : [role];
      if (progress?.state === 'snapshot') words.push('snapshot');
      else if (role === 'learner' && (progress?.lag ?? 0) > 0) words.push(`-${progress?.lag}`);
      if (progress?.active === false) words.push('away');
      return words.length === 0 ? `${node}` : `${node}:${words.join(',')}`;
    })
    .join(' ');
}

export function describeMembers(members: readonly MemberView[]): string {
  return formatTable(
    ['node', 'replica', 'role', 'state', 'match', 'lag', 'heard', 'snapshot'],
    members.map(({ node, replica, role, progress, snapshot }) => [
      node,
      replica,
      role,
      progress?.state ?? '',
      progress?.match ?? '',
      progress?.lag ?? '',
      progress == null ? '' : progress.active ? 'yes' : 'no',
      snapshot == null ? '' : snapshotInWords(snapshot),
    ]),
  );
}

function snapshotInWords({
  bytes_done: done,
  bytes_total: total,
}: NonNullable<MemberView['snapshot']>) {
  if (total === 0) return 'being made';
  const percent = Math.floor((100 * done) / total);
  return `${percent} % of ${(total / 1024 ** 2).toFixed(1)} MiB`;
}
