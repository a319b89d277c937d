/**
 * No two replicas of a shard in one zone, as far as there are zones for that.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { moveReplica } from './changes.js';
import { votersOf } from './cluster-view.js';
import { findDestination } from './destination.js';
import type { Draft } from './draft.js';
import type { Refusal } from './plan.js';
import { holdingPin, shardRules } from './rules.js';

export function spreadOverZones(draft: Draft): Refusal | undefined {
  for (const { group } of draft.view.shards) spreadShard(draft, group);
  const { zoneReplicasMax, replicasWanted, eligible } = draft.model;
  if (zoneReplicasMax <= 1) return undefined;
  const zones = [...new Set(eligible.map((node) => node.zone))].sort();
  const reason =
    `${replicasWanted} replicas in different zones need ${replicasWanted} zones with a node; ` +
    `there are ${zones.length} (${zones.join(', ')}).`;
  const next = 'Add a node in another zone, or say in which zones the nodes really are.';
  if (draft.steps.length === 0) return { code: 'too_few_zones', reason, next };
  draft.warn(`${reason} The plan does what can be done.`);
  return undefined;
}

function spreadShard(draft: Draft, group: GroupId): void {
  for (;;) {
    const shard = draft.shard(group);
    const crowded = crowdedVoters(draft, votersOf(shard));
    if (crowded.length === 0) return;
    const obstacle = shardRules(draft, shard).find(({ decision }) => decision !== 'yes');
    if (obstacle !== undefined) {
      draft.warn(`Shard ${group} is left out: ${obstacle.because}`);
      return;
    }
    const onRing = draft.target.voters(group);
    const movable = crowded
      .filter((node) => holdingPin(draft, shard, node) === undefined)
      .sort((a, b) => Number(onRing.includes(a)) - Number(onRing.includes(b)) || a - b);
    if (!movable.some((from) => moveToFreeZone(draft, group, from))) {
      draft.warn(`Shard ${group} keeps ${crowded.length} replicas in one zone: none can move.`);
      return;
    }
  }
}

function moveToFreeZone(draft: Draft, group: GroupId, from: NodeId): boolean {
  const shard = draft.shard(group);
  const found = findDestination(draft, { shard, role: 'voter', leaving: from, strict: true });
  if (found === undefined) return false;
  const because = `Zone ${draft.node(from)?.zone} holds another replica. ${found.because}`;
  moveReplica(draft, { shard: group, from, to: found.node }, because);
  return true;
}

/** The voters in a zone that holds more of them than need be. */
function crowdedVoters(draft: Draft, voters: readonly NodeId[]): NodeId[] {
  const zoneOf = (node: NodeId) => draft.node(node)?.zone;
  const inZone = (zone: string | undefined) => voters.filter((node) => zoneOf(node) === zone);
  return voters.filter((node) => inZone(zoneOf(node)).length > draft.model.zoneReplicasMax);
}
