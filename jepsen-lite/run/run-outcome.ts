/** What a finished run left in its folder beside the history: faults, crashes, recovery. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HarnessError } from './harness-error.js';

const runOutcome = z.object({
  faults: z.array(z.object({ name: z.string(), count: z.number(), verified: z.number() })),
  crashes: z.array(z.string()).default([]),
  recovery: z.object({ converged: z.boolean() }),
});

/** Undefined: the run did not come to its end. Throws HarnessError for a file of another form. */
export function readOutcome(folder: string) {
  const file = join(folder, 'results.json');
  if (!existsSync(file)) return undefined;
  try {
    return runOutcome.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new HarnessError(`${file} is not what a run leaves: ${(error as Error).message}`);
  }
}
