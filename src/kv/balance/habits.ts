/**
 * What the cluster wants to do by itself, decided from its documents: rebuild what dead nodes held,
 * empty nodes that are to be empty, keep shards in their zones and sizes and the loads even. One
 * thing at a time and the safest first; each is a plan and a job like an operator's, so that
 * everybody sees what it did and why.
 */

import { balancerRests } from './balancer-window.js';
import type { ClusterDocuments } from './cluster-documents.js';
import type { ClusterView } from './cluster-view.js';
import { isActive, type JobDocument } from './job-document.js';
import { placementView } from './placement-view.js';
import type { Goal, Plan } from './plan.js';
import type { Origin } from './plan-document.js';
import type { Planner } from './planner.js';

export type Habit =
  /** Begin this. */
  | { readonly kind: 'begin'; readonly plan: Plan; readonly origin: Origin; readonly why: string }
  /** What a job of its own was for has come to be otherwise. */
  | { readonly kind: 'give-up'; readonly job: string; readonly why: string }
  | { readonly kind: 'rest'; readonly why: string };

export function nextHabit(documents: ClusterDocuments, planner: Planner, nowMs: number): Habit {
  const active = [...documents.jobs.values()].filter(isActive);
  const vain = active.map((job) => inVain(job, documents)).find((habit) => habit !== undefined);
  if (vain !== undefined) return vain;
  const view = placementView(documents, nowMs);
  const rebuilding = firstPlan(view, planner, [{ kind: 'repair' }]);
  const urgent = rebuilding !== undefined && replacesLost(rebuilding, view);
  if (urgent && !active.some(({ origin }) => origin === 'repair')) {
    const why = 'Nodes are dead, and shards lack replicas.';
    return { kind: 'begin', plan: rebuilding, origin: 'repair', why };
  }
  const draining = drainGoals(documents, active);
  const emptying = firstPlan(view, planner, draining);
  if (emptying !== undefined) {
    const why = `Node ${emptying.goal.kind === 'drain' ? emptying.goal.node : ''} is draining.`;
    return { kind: 'begin', plan: emptying, origin: 'drain', why };
  }
  const rests = balancerRests(documents.settings.balancer, nowMs);
  if (rests !== undefined) return { kind: 'rest', why: rests };
  const other = active.find(({ state }) => state !== 'paused');
  if (other !== undefined) return { kind: 'rest', why: `Job ${other.id} is under way.` };
  const outcome = planner.standing(view);
  if (outcome.kind === 'plan' && outcome.plan.steps.length > 0) {
    return { kind: 'begin', plan: outcome.plan, origin: 'balancer', why: whyOf(outcome.plan.goal) };
  }
  const why = outcome.kind === 'nothing' ? outcome.because : 'No plan is possible now.';
  return { kind: 'rest', why };
}

/** A repair whose node is back, a drain that was called off. Operators' jobs are their own. */
function inVain(job: JobDocument, { nodes }: ClusterDocuments): Habit | undefined {
  if (job.stop !== undefined) return undefined;
  if (job.origin === 'repair') {
    const lost = job.steps.flatMap(({ action }) => (action.kind === 'move' ? [action.from] : []));
    const back = lost.find((node) => nodes.get(node)?.state === 'up');
    if (back === undefined) return undefined;
    return { kind: 'give-up', job: job.id, why: `Node ${back} is back.` };
  }
  if (job.origin === 'drain' && job.goal.kind === 'drain') {
    const { node } = job.goal;
    if (nodes.get(node)?.draining !== false) return undefined;
    return { kind: 'give-up', job: job.id, why: `Node ${node} is not to be drained any more.` };
  }
  return undefined;
}

/** Only what dead nodes held is urgent; the rest of a repair can wait for the balancer's hours. */
function replacesLost(plan: Plan, { nodes }: ClusterView): boolean {
  return plan.steps.length > 0 && nodes.some(({ state }) => state === 'dead');
}

/** Nodes that are to be empty, still hold something, and have no job for it. */
function drainGoals(
  { nodes, shards }: ClusterDocuments,
  active: readonly JobDocument[],
): readonly Goal[] {
  const goals: Goal[] = [];
  for (const { id, draining } of nodes.values()) {
    if (!draining) continue;
    const busy = active.some(({ goal }) => goal.kind === 'drain' && goal.node === id);
    const holds = [...shards.values()].some(({ members }) => members.some((m) => m.node === id));
    if (!busy && holds) goals.push({ kind: 'drain', node: id });
  }
  return goals;
}

function firstPlan(view: ClusterView, planner: Planner, goals: readonly Goal[]): Plan | undefined {
  for (const goal of goals) {
    const outcome = planner.plan(view, goal);
    if (outcome.kind === 'plan' && outcome.plan.steps.length > 0) return outcome.plan;
  }
  return undefined;
}

function whyOf(goal: Goal): string {
  switch (goal.kind) {
    case 'repair':
      return 'Shards lack replicas, or have too many.';
    case 'zone-spread':
      return 'Replicas of one shard share a zone.';
    case 'sizes':
      return 'Shards are too large, too busy or too small.';
    default:
      return 'The loads are uneven.';
  }
}
