/**
 * The safe way to say that a replica moves or goes: leadership leaves first, and never against a
 * pin or out of a majority.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { type ViewShard, votersOf } from './cluster-view.js';
import type { Draft } from './draft.js';
import { isUp } from './eligibility.js';
import { majorityOf } from './rules.js';
import { roleOf } from './step-effect.js';

export interface Move {
  readonly shard: GroupId;
  readonly from: NodeId;
  readonly to: NodeId;
}

export function moveReplica(draft: Draft, move: Move, because: string): void {
  leadElsewhere(draft, move.shard, [move.from]);
  draft.push({ kind: 'move', ...move }, because);
}

export interface Removal {
  readonly shard: GroupId;
  readonly node: NodeId;
}

export function removeReplica(draft: Draft, removal: Removal, because: string): void {
  leadElsewhere(draft, removal.shard, [removal.node]);
  draft.push({ kind: 'remove-replica', ...removal }, because);
}

/** Of a voter; a learner is not counted. */
export function majorityWithout(draft: Draft, shard: ViewShard, node: NodeId): boolean {
  if (roleOf(shard, node) !== 'voter') return true;
  const rest = votersOf(shard).filter((voter) => voter !== node);
  const up = rest.filter((voter) => isUp(draft.node(voter)));
  return rest.length > 0 && up.length >= majorityOf(rest.length);
}

/** Once, to somebody who stays, if one of those who leave should lead. */
export function leadElsewhere(draft: Draft, group: GroupId, leaving: readonly NodeId[]): void {
  const shard = draft.shard(group);
  const from = shard.preferredLeader;
  if (!leaving.includes(from)) return;
  const to = bestLeader(draft, shard, leaving);
  if (to === undefined) return;
  draft.push(
    { kind: 'transfer-leader', shard: group, to },
    `Node ${from} gives its replica away; leadership goes first.`,
  );
}

/** The pinned one if it can, else the voter that leads least of its share; none if all are away. */
export function bestLeader(
  draft: Draft,
  shard: ViewShard,
  without: readonly NodeId[],
): NodeId | undefined {
  const up = draft.upVoters(shard).filter((node) => !without.includes(node));
  const staying = up.filter((node) => mayLead(draft, node));
  const able = staying.length > 0 ? staying : up;
  const pinned = leaderPin(draft, shard)?.node;
  if (pinned !== undefined && able.includes(pinned)) return pinned;
  const fill = (node: NodeId) => leaderFill(draft, node, 0);
  return able.sort((a, b) => fill(a) - fill(b) || a - b)[0];
}

export function leaderPin({ view }: Draft, shard: ViewShard) {
  return view.pins.find((pin) => pin.shard === shard.group && pin.kind === 'leader');
}

export function mayLead(draft: Draft, id: NodeId): boolean {
  const node = draft.node(id);
  return isUp(node) && !node?.draining;
}

/** How much of its share of leading the node would have with `cost` more. */
export function leaderFill(draft: Draft, node: NodeId, cost: number): number {
  const share = draft.model.room(node).leaderShare;
  return (draft.leading(node) + cost) / Math.max(share, Number.MIN_VALUE);
}
