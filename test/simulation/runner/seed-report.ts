/** What a run of a seed tells whoever asked for it; travels between processes. */
import type { RunResult } from '../simulation.js';
import type { Violation } from '../world.js';

export interface SeedReport {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly counts: readonly (readonly [string, number])[];
  readonly events: number;
  readonly virtualMs: number;
  readonly digest: string;
  readonly cpuMs: number;
}

export function seedReport({ plan, counts, ...rest }: RunResult, cpuMs: number): SeedReport {
  const { violation, events, virtualMs, digest } = rest;
  return { seed: plan.seed, violation, counts: [...counts], events, virtualMs, digest, cpuMs };
}
