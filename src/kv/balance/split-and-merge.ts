/**
 * Cutting a shard in two and making two neighbours one. A split moves nothing: the child keeps its
 * parent's members and is moved by a later plan. A merge needs both on the same nodes, so the
 * right one is brought to where the left one is.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { leadElsewhere, moveReplica, removeReplica } from './changes.js';
import { learnersOf, type ViewShard, votersOf } from './cluster-view.js';
import type { Draft } from './draft.js';
import { isUp } from './eligibility.js';
import type { Refusal } from './plan.js';
import { firstOf, immovable, unknownShard } from './refusals.js';
import type { SingleGoal } from './single-steps.js';

export function planSplit(draft: Draft, goal: SingleGoal<'split'>): Refusal | undefined {
  const refusal = firstOf(
    () => unknownShard(draft, goal.shard),
    () => immovable(draft, draft.shard(goal.shard)),
    () => uncuttable(draft.shard(goal.shard), goal.at),
  );
  if (refusal !== undefined) return refusal;
  const { shardsMax } = draft.view.settings.balancer.autoSplit;
  if (draft.view.shards.length >= shardsMax) {
    draft.warn(
      `There are ${draft.view.shards.length} shards, and automatic splits end at ${shardsMax}: ` +
        'every shard costs its nodes timers and messages, busy or not.',
    );
  }
  splitShard(draft, { group: goal.shard, at: goal.at }, 'It was asked for.');
  return undefined;
}

export interface Cut {
  readonly group: GroupId;
  readonly at?: number | undefined;
}

export function splitShard(draft: Draft, { group, at }: Cut, because: string): void {
  const shard = draft.shard(group);
  const child = draft.takeGroup();
  draft.push({ kind: 'split', shard: group, at: at ?? middleOf(shard), child }, because);
}

/** Where half of the data is on each side, if that is known; at least one hash on each. */
export function middleOf({ range, statistics }: ViewShard): number {
  const middle = statistics?.middle ?? Math.floor((range.start + range.end) / 2);
  return Math.min(range.end - 1, Math.max(range.start + 1, middle));
}

export function canBeCut({ range }: ViewShard): boolean {
  return range.end - range.start >= 2;
}

function uncuttable(shard: ViewShard, at: number | undefined): Refusal | undefined {
  const { start, end } = shard.range;
  if (!canBeCut(shard)) {
    const reason = `Shard ${shard.group} is a single hash, ${start}; it cannot be cut.`;
    const next = 'Spread its keys over more than one hash tag.';
    return { code: 'range_too_small', reason, next };
  }
  if (at === undefined || (Number.isInteger(at) && at > start && at < end)) return undefined;
  return {
    code: 'outside_range',
    reason:
      `Shard ${shard.group} holds the hashes ${start} to ${end - 1}; ` +
      `cut at ${at} one half would be empty.`,
    next: `Take a hash from ${start + 1} to ${end - 1}, or none for the middle of the data.`,
  };
}

export function planMerge(draft: Draft, goal: SingleGoal<'merge'>): Refusal | undefined {
  const { left, right } = goal;
  const refusal = firstOf(
    () => unknownShard(draft, left),
    () => unknownShard(draft, right),
    () => notNeighbours(draft, goal),
    () => immovable(draft, draft.shard(left)),
    () => immovable(draft, draft.shard(right)),
    () => pinnedAway(draft, right),
    () => incomplete(draft, draft.shard(left)),
  );
  if (refusal === undefined) mergeShards(draft, goal, 'It was asked for.');
  return refusal;
}

export interface Pair {
  readonly left: GroupId;
  readonly right: GroupId;
}

export function mergeShards(draft: Draft, { left, right }: Pair, because: string): void {
  for (const node of learnersOf(draft.shard(right))) {
    const why = `Shard ${right} ends in a merge.`;
    removeReplica(draft, { shard: right, node }, why);
  }
  const why = `Shard ${left} is there, and takes in shard ${right}.`;
  const goal = votersOf(draft.shard(left));
  const all = votersOf(draft.shard(right)).filter((node) => !goal.includes(node));
  // Whoever is away leaves first: without those that are up there might be no majority then.
  const away = all.filter((node) => !isUp(draft.node(node)));
  const leaving = [...away, ...all.filter((node) => !away.includes(node))];
  const arriving = goal.filter((node) => !votersOf(draft.shard(right)).includes(node));
  leadElsewhere(draft, right, leaving);
  for (const from of leaving) {
    const to = takeBest(draft, arriving, from);
    if (to === undefined) removeReplica(draft, { shard: right, node: from }, why);
    else moveReplica(draft, { shard: right, from, to }, why);
  }
  for (const node of arriving) {
    draft.push({ kind: 'add-replica', shard: right, node, role: 'voter' }, why);
  }
  draft.push({ kind: 'merge', left, right }, because);
}

/** In the same zone if there is one, so that zones stay apart on the way; taken off the list. */
function takeBest(draft: Draft, arriving: NodeId[], from: NodeId): NodeId | undefined {
  const zone = draft.node(from)?.zone;
  const same = arriving.findIndex((node) => draft.node(node)?.zone === zone);
  return arriving.splice(Math.max(0, same), 1)[0];
}

/** Pins of a shard end with it, and no plan undoes a pin. */
export function pinnedAway(draft: Draft, right: GroupId): Refusal | undefined {
  const pin = draft.view.pins.find(({ shard }) => shard === right);
  if (pin === undefined) return undefined;
  return {
    code: 'pinned',
    reason: `Shard ${right} would end, and with it pin ${pin.id}.`,
    next: `Delete pin ${pin.id} first, if it is no longer wanted.`,
  };
}

function notNeighbours(draft: Draft, { left, right }: Pair): Refusal | undefined {
  const [a, b] = [draft.shard(left), draft.shard(right)];
  if (a.range.end === b.range.start) return undefined;
  const swapped = b.range.end === a.range.start;
  const after = draft.view.shards.find((shard) => shard.range.start === a.range.end)?.group;
  return {
    code: 'not_neighbours',
    reason: `Shard ${right} does not begin where shard ${left} ends.`,
    next: swapped
      ? `Shard ${right} is the left one of the two: swap them.`
      : after === undefined
        ? `Shard ${left} is the last one; take it as the right one of a pair.`
        : `The right neighbour of shard ${left} is shard ${after}.`,
  };
}

/** What the right one's replicas come to must be all there. */
export function incomplete(draft: Draft, left: ViewShard): Refusal | undefined {
  const voters = votersOf(left);
  const { replicasWanted } = draft.model;
  const away = voters.find((node) => !isUp(draft.node(node)));
  if (away !== undefined) {
    return {
      code: 'node_not_up',
      reason: `Node ${away}, which holds shard ${left.group}, is ${draft.node(away)?.state}.`,
      next: 'Wait until it is up, or plan a repair first.',
    };
  }
  const draining = voters.find((node) => draft.node(node)?.draining);
  if (draining !== undefined) {
    return {
      code: 'node_draining',
      reason: `Node ${draining}, which holds shard ${left.group}, is being drained.`,
      next: 'Wait until the shard has left it, or end the drain.',
    };
  }
  if (voters.length >= replicasWanted) return undefined;
  return {
    code: 'below_target',
    reason: `Shard ${left.group} has ${voters.length} of ${replicasWanted} replicas.`,
    next: 'Plan a repair first.',
  };
}
