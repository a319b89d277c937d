/**
 * One seed, one run: random weather, then the end of all faults.
 */
import { RandomCluster } from './random-cluster.js';
import { healAndConverge } from './random-cluster-healing.js';

export interface RandomRun {
  readonly seed: number;
  readonly events: number;
  /** What the run covered, so that a checker that tests nothing is noticed. */
  readonly counts: Readonly<Record<string, number>>;
}

const eventsPerRun = 4000;

export class RunFailed extends Error {
  override readonly name = 'RunFailed';
}

/** Throws RunFailed with seed, event and the last steps when anything does not hold. */
export function runRandomCluster(seed: number): RandomRun {
  const cluster = new RandomCluster(seed);
  try {
    for (let event = 0; event < eventsPerRun; event += 1) cluster.anyEvent();
    cluster.note('faults stop');
    healAndConverge(cluster);
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const trace = cluster.trace.join('\n');
    throw new RunFailed(`seed ${seed}, event ${cluster.events}: ${what}\n${trace}`);
  }
  return { seed, events: cluster.events, counts: cluster.counts };
}
