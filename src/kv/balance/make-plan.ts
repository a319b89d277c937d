/**
 * From a goal to a plan: the one way in for operators' requests, dry runs and the balancer alike.
 */
import { replicasOn } from '../cluster-configuration.js';
import { type ClusterView, learnersOf } from './cluster-view.js';
import { Draft } from './draft.js';
import { planDrain } from './drain.js';
import { evenLeaders, leaderImbalance, settleLeaders } from './even-leaders.js';
import { evenLoads, imbalance } from './even-loads.js';
import { fillUp } from './fill-up.js';
import type { Goal, Intent, Plan, PlanOutcome, Refusal, Step } from './plan.js';
import { firstOf, unknownNode } from './refusals.js';
import { clusterScore } from './score.js';
import {
  planAddition,
  planMove,
  planReaders,
  planRemoval,
  planTransfer,
  type SingleGoal,
} from './single-steps.js';
import { fitSizes } from './sizes.js';
import { planMerge, planSplit } from './split-and-merge.js';
import { spreadOverZones } from './zone-spread.js';

/** Later the measurements and the nodes' states are others. */
export const planLifetimeMs = 10 * 60_000;
/** What a step takes beside its bytes: elections, catching up, a change of the configuration. */
const secondsPerMove = 2;
const secondsPerChange = 0.5;

export function makePlan(view: ClusterView, goal: Goal): PlanOutcome {
  const draft = new Draft(view, intentsOf(view, goal));
  const refusal = pursue(draft, view, goal);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  warnOfLacks(draft);
  if (draft.steps.length > 0 || draft.intents.length > 0) {
    return { kind: 'plan', plan: planOf(draft, view, goal) };
  }
  return { kind: 'nothing', because: whyNothing(draft, goal), warnings: draft.warnings };
}

/** What the balancer pursues by itself, safety first; each when the ones before are reached. */
const standingGoals: readonly Goal[] = [
  { kind: 'repair' },
  { kind: 'zone-spread' },
  { kind: 'sizes' },
  { kind: 'balance' },
];

export function makeStandingPlan(view: ClusterView): PlanOutcome {
  const warnings = new Set<string>();
  for (const goal of standingGoals) {
    const outcome = makePlan(view, goal);
    if (outcome.kind === 'plan') return outcome;
    if (outcome.kind === 'refused') warnings.add(outcome.refusal.reason);
    else for (const warning of outcome.warnings) warnings.add(warning);
  }
  return {
    kind: 'nothing',
    because: 'Every shard is complete, in its zones, of a good size, and the loads are even.',
    warnings: [...warnings],
  };
}

/** Only what is not so already. */
function intentsOf(view: ClusterView, goal: Goal): Intent[] {
  switch (goal.kind) {
    case 'drain': {
      const node = view.nodes.find(({ id }) => id === goal.node);
      return node?.draining === false ? [{ kind: 'draining', node: goal.node }] : [];
    }
    case 'replication': {
      const { replicas } = goal;
      return view.settings.replicas === replicas ? [] : [{ kind: 'replicas', replicas }];
    }
    case 'read-replicas': {
      const { shard: group, count } = goal;
      const shard = view.shards.find((candidate) => candidate.group === group);
      if ((shard?.readReplicas ?? 0) === count) return [];
      return [{ kind: 'read-replicas', shard: group, count }];
    }
    case 'add-replica':
      return goal.role === 'learner' ? readersIntent(view, goal, 1) : [];
    case 'remove-replica':
      return readersIntent(view, goal, -1);
    default:
      return [];
  }
}

/** A learner that an operator adds is wanted, and one that is removed no longer is. */
function readersIntent(
  view: ClusterView,
  goal: SingleGoal<'add-replica' | 'remove-replica'>,
  change: 1 | -1,
): Intent[] {
  const shard = view.shards.find((candidate) => candidate.group === goal.shard);
  const reads = shard !== undefined && learnersOf(shard).includes(goal.node);
  const wanted = shard?.readReplicas ?? 0;
  if (change === 1 ? reads : !reads || wanted === 0) return [];
  return [{ kind: 'read-replicas', shard: goal.shard, count: wanted + change }];
}

function pursue(draft: Draft, before: ClusterView, goal: Goal): Refusal | undefined {
  switch (goal.kind) {
    case 'balance':
      return balance(draft, goal);
    case 'drain':
      return planDrain(draft, before, goal);
    case 'zone-spread':
      return spreadOverZones(draft);
    case 'replication':
      return replicate(draft, goal);
    case 'repair':
      return repair(draft);
    case 'sizes':
      fitSizes(draft);
      return undefined;
    case 'split':
      return planSplit(draft, goal);
    case 'merge':
      return planMerge(draft, goal);
    case 'read-replicas': {
      const refusal = planReaders(draft, goal);
      if (refusal === undefined) fillUp(draft, goal.shard);
      return refusal;
    }
    case 'move':
      return planMove(draft, goal);
    case 'add-replica':
      return planAddition(draft, goal);
    case 'remove-replica':
      return planRemoval(draft, goal);
    case 'transfer-leader':
      return planTransfer(draft, goal);
  }
}

function balance(draft: Draft, { nodes }: SingleGoal<'balance'>): Refusal | undefined {
  const refusal = firstOf(...(nodes ?? []).map((node) => () => unknownNode(draft, node)));
  if (refusal !== undefined) return refusal;
  if (imbalance(draft) !== undefined) evenLoads(draft, nodes);
  settleLeaders(draft);
  if (nodes === undefined && leaderImbalance(draft) !== undefined) evenLeaders(draft);
  return undefined;
}

/** The shards that are nearest to losing their majority first. */
function repair(draft: Draft): undefined {
  const spare = draft.view.shards
    .map((shard) => ({ group: shard.group, up: draft.upVoters(shard).length }))
    .sort((a, b) => a.up - b.up || a.group - b.group);
  for (const { group } of spare) fillUp(draft, group);
}

function replicate(draft: Draft, { replicas }: SingleGoal<'replication'>): Refusal | undefined {
  const { model } = draft;
  const possible = replicasOn(model.eligible.length, replicas);
  if (model.eligible.length < replicas) {
    return {
      code: 'too_few_nodes',
      reason: `${replicas} replicas need ${replicas} nodes; there are ${model.eligible.length}.`,
      next: `Add nodes first, or ask for ${possible >= 3 ? 3 : 1}.`,
    };
  }
  if (replicas === 1) {
    draft.warn('With one replica a lost disk is lost data, and a node that is away stops writes.');
  }
  return repair(draft);
}

function warnOfLacks(draft: Draft): void {
  const { model, view } = draft;
  if (model.replicasWanted < view.settings.replicas) {
    draft.warn(
      `${view.settings.replicas} replicas are asked for; with ${view.nodes.length} node(s) ` +
        `a shard has ${model.replicasWanted}.`,
    );
  }
  if (model.zoneReplicasMax > 1) {
    draft.warn(
      `One zone holds up to ${model.zoneReplicasMax} of ${model.replicasPossible} replicas of a ` +
        'shard: there are too few zones.',
    );
  }
}

function planOf(draft: Draft, before: ClusterView, goal: Goal): Plan {
  const { steps, view } = draft;
  const bytes = steps.reduce((total, step) => total + step.bytes, 0);
  return {
    goal,
    baseEpoch: view.epoch,
    createdAtMs: view.nowMs,
    expiresAtMs: view.nowMs + planLifetimeMs,
    intents: draft.intents,
    steps,
    bytes,
    estimatedSeconds: estimateSeconds(draft, steps, bytes),
    score: { before: clusterScore(before), after: clusterScore(draft.after()) },
    healthyVotersMin: Number.isFinite(draft.healthyVotersMin) ? draft.healthyVotersMin : 0,
    warnings: draft.warnings,
  };
}

function estimateSeconds(draft: Draft, steps: readonly Step[], bytes: number): number {
  const { maxConcurrent, maxBytesPerSecond } = draft.view.settings.balancer;
  const moves = steps.filter(({ kind }) => kind === 'move' || kind === 'add-replica').length;
  const waiting = moves * secondsPerMove + (steps.length - moves) * secondsPerChange;
  return Math.ceil(waiting / maxConcurrent + bytes / maxBytesPerSecond);
}

function whyNothing(draft: Draft, goal: Goal): string {
  if (goal.kind === 'balance') {
    const off = imbalance(draft) ?? leaderImbalance(draft);
    if (off !== undefined) return `${off} No move that is possible now makes it better.`;
    const { busiest, idlest } = clusterScore(draft.view, draft.model);
    const range = `${idlest.toFixed(2)} to ${busiest.toFixed(2)}`;
    return `Every node is within its bounds: the nodes carry ${range} of their shares.`;
  }
  if (draft.warnings.length > 0) return 'Nothing can be done now.';
  return 'Everything is so already.';
}
