/**
 * A process with one planted bug, or none, that runs whatever seeds it is sent. The bug is in all
 * of its code, so every bug needs a process of its own.
 */
import type { DirectedName } from './directed.js';
import { assertPlanted, plant } from './plant.js';

/** What is to be run. */
export interface Attempt {
  readonly seed: number;
  /** The name of a fault schedule that takes the place of the drawn one. */
  readonly directed: DirectedName | undefined;
}

export interface Finding {
  readonly seed: number;
  readonly invariant: string | undefined;
  readonly what: string;
  readonly atMs: number;
}

const name = process.argv[2];
if (name !== undefined) plant(name);
const { runChecked } = await import('../checked-run.js');
const { drawPlan } = await import('../draw-plan.js');
const { directedPlan } = await import('./directed.js');
if (name !== undefined) assertPlanted(name);

async function attempt({ seed, directed }: Attempt): Promise<Finding> {
  const drawn = drawPlan(seed);
  const plan = directed === undefined ? drawn : directedPlan(directed, drawn);
  const { violation } = await runChecked(plan);
  const { invariant, what = '', atMs = 0 } = violation ?? {};
  return { seed, invariant, what, atMs };
}

process.on('message', (asked: Attempt) => {
  attempt(asked).then(
    (finding) => process.send?.(finding),
    (error: Error) => {
      console.error(`seed ${asked.seed}: the simulator failed: ${error.stack}`);
      process.exit(1);
    },
  );
});
process.send?.('ready');
