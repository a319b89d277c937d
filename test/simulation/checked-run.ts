/** A run of a seed or a plan with everything that is checked. */
import { drawPlan } from './draw-plan.js';
import { inMacrotask } from './microtasks.js';
import type { RunPlan } from './run-plan.js';
import { type RunResult, runPlan } from './simulation.js';
import type { TraceOptions } from './trace.js';

export function runChecked(plan: RunPlan, trace: TraceOptions = {}): Promise<RunResult> {
  return inMacrotask(() => runPlan(plan, { trace }));
}

export function runSeed(seed: number, durationMs?: number): Promise<RunResult> {
  return runChecked(drawPlan(seed, durationMs));
}
