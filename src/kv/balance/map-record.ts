/**
 * What the map says of shards after a step: what the shards themselves say. The map is a directory
 * and follows; it never goes back behind what it knows of a shard, whoever looked last.
 */
import { isDeepStrictEqual } from 'node:util';
import { birthPosition } from '../shard/shard-map.js';
import type { ShardEpoch } from '../store/types.js';
import type { ShardSight, Sighting } from './cluster-control.js';
import type { ClusterDocuments, ShardDocument } from './cluster-documents.js';
import type { StepAction } from './plan.js';

export function recordInMap(
  action: StepAction,
  sightings: ReadonlyMap<number, Sighting>,
  documents: Pick<ClusterDocuments, 'map' | 'shards'>,
  nowMs: number,
): Map<string, object | undefined> {
  const changes = new Map<string, object | undefined>();
  const { map, shards } = documents;
  for (const sight of sightings.values()) {
    if (typeof sight === 'string') continue;
    const known = shards.get(sight.shard);
    // The right side of a merge may still answer after its range has gone to the left.
    if (action.kind === 'merge' && sight.shard === action.right) continue;
    const next = nextDocument(sight, known, action, nowMs);
    if (next !== undefined) changes.set(`shards/${sight.shard}`, next);
  }
  if (action.kind === 'merge' && shards.has(action.right)) {
    changes.set(`shards/${action.right}`, undefined);
  }
  if (changes.size > 0) changes.set('map', { ...map, epoch: map.epoch + 1 });
  return changes;
}

function nextDocument(
  sight: ShardSight,
  known: ShardDocument | undefined,
  action: StepAction,
  nowMs: number,
): ShardDocument | undefined {
  const { shard: group, range, epoch } = sight;
  if (known !== undefined && isBefore(epoch, known.epoch)) return undefined;
  const members = sight.members.map(({ node, replica, role }) => ({
    node,
    replica,
    role: role === 'learner' ? ('learner' as const) : ('voter' as const),
  }));
  const votes = (node: number | undefined): node is number =>
    members.some((member) => member.node === node && member.role === 'voter');
  const wanted = action.kind === 'transfer-leader' ? action.to : known?.preferredLeader;
  const instead = action.kind === 'move' && votes(action.to) ? action.to : sight.leader;
  const reshaped = known?.range.start !== range.start || known.range.end !== range.end;
  const next: ShardDocument = {
    ...(known ?? { ringPosition: birthPosition(group) }),
    group,
    range: { start: range.start, end: range.end },
    epoch: { range: epoch.range, members: epoch.members },
    members,
    preferredLeader: votes(wanted) ? wanted : instead,
    ...(reshaped && { rangeSinceMs: nowMs }),
  };
  // What was measured of another range is no measure of this one.
  if (reshaped) delete (next as { statistics?: unknown }).statistics;
  return isDeepStrictEqual(next, known) ? undefined : next;
}

/** The range epoch decides; with equal ones the members'. */
function isBefore(a: ShardEpoch, b: ShardEpoch): boolean {
  return a.range === b.range ? a.members < b.members : a.range < b.range;
}
