/**
 * Fault schedules made for one kind of mistake, for planted bugs that a drawn schedule finds too
 * rarely: the same cluster and clients, and faults that aim.
 */
import type { Fault } from '../faults.js';
import type { RunPlan } from '../run-plan.js';

type Direct = (plan: RunPlan) => RunPlan;

const schedules: Readonly<Record<string, Direct>> = {};

export const directedNames: readonly string[] = Object.keys(schedules);

export function directedPlan(name: string, plan: RunPlan): RunPlan {
  const direct = schedules[name];
  if (direct === undefined) throw new Error(`There is no directed schedule "${name}".`);
  return direct(plan);
}

/** A fault every so often, from one node to the next. */
export function repeated(
  plan: RunPlan,
  everyMs: number,
  fault: (atMs: number, node: number) => Fault,
): Fault[] {
  const count = Math.floor(plan.durationMs / everyMs);
  return Array.from({ length: count }, (_, i) =>
    fault((i + 1) * everyMs, 1 + (i % plan.cluster.nodes)),
  );
}
