/**
 * What the map says when a step is done: for looking ahead while a plan is made, and for telling
 * its effect before anything happens.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { birthPosition } from '../shard/shard-map.js';
import type { MemberRole, ShardStatistics, ViewMember, ViewShard } from './cluster-view.js';
import type { StepAction } from './plan.js';

export type ShardTable = Map<GroupId, ViewShard>;

export function takeEffect(shards: ShardTable, action: StepAction, nowMs: number): void {
  switch (action.kind) {
    case 'split':
      split(shards, action, nowMs);
      return;
    case 'merge':
      merge(shards, action, nowMs);
      return;
    default:
      shards.set(action.shard, changed(shardIn(shards, action.shard), action));
  }
}

type MemberAction = Exclude<StepAction, { kind: 'split' | 'merge' }>;

function changed(shard: ViewShard, action: MemberAction): ViewShard {
  switch (action.kind) {
    case 'move': {
      const role = roleOf(shard, action.from);
      invariant(role !== undefined, 'a replica moves away from where it is');
      const left = withMembers(shard, without(shard, action.from));
      const preferred = shard.preferredLeader === action.from ? action.to : shard.preferredLeader;
      return { ...withMembers(shard, withNode(left, action.to, role)), preferredLeader: preferred };
    }
    case 'add-replica':
      return withMembers(shard, withNode(shard, action.node, action.role));
    case 'remove-replica':
      return withMembers(shard, without(shard, action.node));
    case 'transfer-leader':
      return { ...shard, preferredLeader: action.to };
  }
}

function split(
  shards: ShardTable,
  { shard: group, at, child }: Extract<StepAction, { kind: 'split' }>,
  nowMs: number,
): void {
  const parent = shardIn(shards, group);
  const { start, end } = parent.range;
  invariant(at > start && at < end, 'a shard is split inside its range');
  invariant(!shards.has(child), 'a group is born once');
  const half = {
    ...parent,
    epoch: { ...parent.epoch, range: parent.epoch.range + 1 },
    rangeSinceMs: nowMs,
    statistics: parent.statistics === undefined ? undefined : halved(parent.statistics),
  };
  shards.set(group, { ...half, range: { start, end: at } });
  const ringPosition = birthPosition(child);
  shards.set(child, { ...half, group: child, range: { start: at, end }, ringPosition });
}

function merge(
  shards: ShardTable,
  { left, right }: Extract<StepAction, { kind: 'merge' }>,
  nowMs: number,
): void {
  const [heir, gone] = [shardIn(shards, left), shardIn(shards, right)];
  invariant(heir.range.end === gone.range.start, 'neighbours merge');
  const range = Math.max(heir.epoch.range, gone.epoch.range) + 1;
  shards.delete(right);
  shards.set(left, {
    ...heir,
    range: { start: heir.range.start, end: gone.range.end },
    epoch: { ...heir.epoch, range },
    rangeSinceMs: nowMs,
    statistics: added(heir.statistics, gone.statistics),
  });
}

function shardIn(shards: ShardTable, group: GroupId): ViewShard {
  const shard = shards.get(group);
  invariant(shard !== undefined, 'a step is about a shard that there is');
  return shard;
}

export function roleOf(shard: ViewShard, node: NodeId): MemberRole | undefined {
  return shard.members.find((member) => member.node === node)?.role;
}

function without(shard: ViewShard, node: NodeId): ViewMember[] {
  return shard.members.filter((member) => member.node !== node);
}

/** A learner that becomes a voter keeps its replica id; a new replica gets one never given. */
function withNode(shard: ViewShard, node: NodeId, role: MemberRole): ViewMember[] {
  const before = shard.members.find((member) => member.node === node);
  const replica =
    before?.replica ?? 1 + Math.max(0, ...shard.members.map((member) => member.replica));
  return [...without(shard, node), { node, replica, role }].sort((a, b) => a.node - b.node);
}

function withMembers(shard: ViewShard, members: readonly ViewMember[]): ViewShard {
  return { ...shard, members, epoch: { ...shard.epoch, members: shard.epoch.members + 1 } };
}

function halved({ keys, bytes, ...rates }: ShardStatistics): ShardStatistics {
  return {
    keys: keys / 2,
    bytes: bytes / 2,
    readsPerSecond: rates.readsPerSecond / 2,
    writesPerSecond: rates.writesPerSecond / 2,
  };
}

function added(
  a: ShardStatistics | undefined,
  b: ShardStatistics | undefined,
): ShardStatistics | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    keys: a.keys + b.keys,
    bytes: a.bytes + b.bytes,
    readsPerSecond: a.readsPerSecond + b.readsPerSecond,
    writesPerSecond: a.writesPerSecond + b.writesPerSecond,
  };
}
