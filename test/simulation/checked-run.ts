/** A run of a seed or a plan with everything that is checked. */
import { defaultTuning } from '../../src/kv/tuning.js';
import { invariants } from './checks/invariants.js';
import { drawPlan } from './draw-plan.js';
import { inMacrotask } from './microtasks.js';
import type { Observer, WorldView } from './observer.js';
import type { RunPlan } from './run-plan.js';
import { type RunResult, runPlan } from './simulation.js';
import type { TraceOptions } from './trace.js';

export function runChecked(
  plan: RunPlan,
  trace: TraceOptions = {},
  watch?: (world: WorldView) => Observer,
): Promise<RunResult> {
  const { raftTiming, hostTiming } = { ...defaultTuning, ...plan.cluster.tuning };
  const electionMs = raftTiming.electionTicksMin * hostTiming.tickMs;
  const observers = (world: WorldView) => [
    invariants(world, { electionMs }),
    ...(watch === undefined ? [] : [watch(world)]),
  ];
  return inMacrotask(() => runPlan(plan, { trace, observers }));
}

export function runSeed(seed: number, durationMs?: number): Promise<RunResult> {
  return runChecked(drawPlan(seed, durationMs));
}
