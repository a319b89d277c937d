/**
 * What operators ask for one shard: a replica here instead of there, one more, one less, another
 * leader. The same rules as for whole plans; bounds are only warned about, for an operator may
 * know why.
 */
import type { NodeId } from '../../raft/core/types.js';
import { majorityWithout, mayLead, moveReplica, removeReplica } from './changes.js';
import { learnersOf, type ViewShard, votersOf } from './cluster-view.js';
import type { Draft } from './draft.js';
import type { Goal, Refusal, RefusalCode } from './plan.js';
import { firstOf, immovable, unknownNode, unknownShard } from './refusals.js';
import { type Arrival, arrivalRules, holdingPin, names, type RuleName } from './rules.js';
import { roleOf } from './step-effect.js';

const asked = 'It was asked for.';

export type SingleGoal<Kind extends Goal['kind']> = Extract<Goal, { kind: Kind }>;

export function planMove(draft: Draft, goal: SingleGoal<'move'>): Refusal | undefined {
  const { shard: group, from, to } = goal;
  const refusal = firstOf(
    () => unknownShard(draft, group),
    () => unknownNode(draft, to),
    () => notAMember(draft.shard(group), from),
    () => pinnedHere(draft, draft.shard(group), from),
    () => immovable(draft, draft.shard(group)),
    () => {
      const shard = draft.shard(group);
      const role = roleOf(shard, from) ?? 'voter';
      return refusedArrival({ draft, shard, node: to, role, leaving: from });
    },
  );
  if (refusal === undefined) moveReplica(draft, { shard: group, from, to }, asked);
  return refusal;
}

export function planAddition(draft: Draft, goal: SingleGoal<'add-replica'>): Refusal | undefined {
  const { shard: group, node, role } = goal;
  const refusal = firstOf(
    () => unknownShard(draft, group),
    () => unknownNode(draft, node),
    () => immovable(draft, draft.shard(group)),
    () => refusedArrival({ draft, shard: draft.shard(group), node, role }),
  );
  if (refusal !== undefined) return refusal;
  const voters = votersOf(draft.shard(group)).length;
  if (role === 'voter' && voters >= draft.model.replicasWanted) {
    draft.warn(
      `Shard ${group} would have ${voters + 1} voters, more than the cluster's ` +
        `${draft.model.replicasWanted}; the next repair takes one away.`,
    );
  }
  draft.push({ kind: 'add-replica', shard: group, node, role }, asked);
  return undefined;
}

export function planRemoval(draft: Draft, goal: SingleGoal<'remove-replica'>): Refusal | undefined {
  const { shard: group, node } = goal;
  const refusal = firstOf(
    () => unknownShard(draft, group),
    () => notAMember(draft.shard(group), node),
    () => pinnedHere(draft, draft.shard(group), node),
    () => immovable(draft, draft.shard(group)),
    () => needed(draft, draft.shard(group), node),
  );
  if (refusal === undefined) removeReplica(draft, { shard: group, node }, asked);
  return refusal;
}

export function planTransfer(
  draft: Draft,
  goal: SingleGoal<'transfer-leader'>,
): Refusal | undefined {
  const { shard: group, to } = goal;
  const refusal = firstOf(
    () => unknownShard(draft, group),
    () => unknownNode(draft, to),
    () => immovable(draft, draft.shard(group)),
    () => cannotLead(draft, draft.shard(group), to),
  );
  if (refusal === undefined) draft.push({ kind: 'transfer-leader', shard: group, to }, asked);
  return refusal;
}

function notAMember(shard: ViewShard, node: NodeId): Refusal | undefined {
  if (roleOf(shard, node) !== undefined) return undefined;
  return {
    code: 'not_a_member',
    reason: `Node ${node} holds no replica of shard ${shard.group}.`,
    next: `Its replicas are on ${names(shard.members.map((member) => member.node))}.`,
  };
}

function pinnedHere(draft: Draft, shard: ViewShard, node: NodeId): Refusal | undefined {
  const pin = holdingPin(draft, shard, node);
  if (pin === undefined) return undefined;
  return {
    code: 'pinned',
    reason: `Pin ${pin.id} holds shard ${shard.group} on node ${node}.`,
    next: `Delete pin ${pin.id} first, if it is no longer wanted.`,
  };
}

function needed(draft: Draft, shard: ViewShard, node: NodeId): Refusal | undefined {
  if (roleOf(shard, node) === 'learner') return undefined;
  const voters = votersOf(shard).length;
  if (voters === 1) {
    const next = 'Move it to another node instead.';
    const reason = `Node ${node} holds the only replica of shard ${shard.group}.`;
    return { code: 'last_voter', reason, next };
  }
  if (voters <= draft.model.replicasWanted) {
    const { replicasWanted } = draft.model;
    return {
      code: 'below_target',
      reason: `Shard ${shard.group} would have ${voters - 1} of ${replicasWanted} replicas.`,
      next: 'Move the replica to another node, or plan fewer replicas for the whole cluster.',
    };
  }
  if (majorityWithout(draft, shard, node)) return undefined;
  return {
    code: 'quorum_at_risk',
    reason: `Without node ${node} shard ${shard.group} has no majority that is up.`,
    next: 'Remove a replica on a node that is away, or wait until its nodes are back.',
  };
}

function cannotLead(draft: Draft, shard: ViewShard, to: NodeId): Refusal | undefined {
  if (roleOf(shard, to) !== 'voter') {
    return {
      code: 'not_a_member',
      reason: `Node ${to} holds no voter of shard ${shard.group}.`,
      next: `Its voters are on ${names(votersOf(shard))}; ask for one of them.`,
    };
  }
  const pin = draft.view.pins.find(
    ({ kind, shard: group, node }) => kind === 'leader' && group === shard.group && node !== to,
  );
  if (pin !== undefined) {
    return {
      code: 'pinned',
      reason: `Pin ${pin.id} wants shard ${shard.group} to be led by node ${pin.node}.`,
      next: `Delete pin ${pin.id} first, if it is no longer wanted.`,
    };
  }
  if (mayLead(draft, to)) return undefined;
  const node = draft.node(to);
  const code = node?.state === 'up' ? 'node_draining' : 'node_not_up';
  const state = node?.state === 'up' ? 'being drained' : node?.state;
  const next = 'Ask for another of its voters, or wait until the node is up.';
  return { code, reason: `Node ${to} is ${state}.`, next };
}

const codes: Partial<Record<RuleName, RefusalCode>> = {
  state: 'node_not_up',
  draining: 'node_draining',
  pin: 'pinned',
  member: 'already_there',
  zone: 'zone_taken',
};

const advice: Partial<Record<RuleName, string>> = {
  state: 'Take a node that is up, or wait until this one is.',
  draining: 'Take another node, or end the drain.',
  pin: 'Delete the pin first, if it is no longer wanted.',
  member: 'Take a node that holds no replica of the shard.',
  zone: 'Take a node in another zone, or move the other replica away first.',
};

/** By the first rule that says no; only a warning where it is the node's bound. */
function refusedArrival(arrival: Arrival): Refusal | undefined {
  for (const { rule, decision, because } of arrivalRules(arrival)) {
    if (decision === 'yes') continue;
    const code = codes[rule];
    if (code !== undefined) return { code, reason: because, next: advice[rule] ?? '' };
    arrival.draft.warn(because);
  }
  return undefined;
}

export function planReaders(draft: Draft, goal: SingleGoal<'read-replicas'>): Refusal | undefined {
  const { shard: group, count } = goal;
  return firstOf(
    () => unknownShard(draft, group),
    () => immovable(draft, draft.shard(group)),
    () => {
      const places = draft.model.eligible.length - votersOf(draft.shard(group)).length;
      if (Number.isInteger(count) && count >= 0 && count <= places) return undefined;
      const have = learnersOf(draft.shard(group)).length;
      return {
        code: 'invalid_count',
        reason: `${count} read replicas cannot be had: beside its voters are ${places} nodes.`,
        next: `Ask for 0 to ${Math.max(0, places)}; the shard has ${have} now.`,
      };
    },
  );
}
