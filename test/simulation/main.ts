/**
 * The simulator's command line (`make sim`). A planted bug changes modules while they are loaded,
 * so everything that knows of `src` is imported only after it was planted.
 */
import { accessSync } from 'node:fs';
import { assertPlanted, plant } from './planted/plant.js';
import { type Arguments, readArguments, usage } from './runner/arguments.js';

async function main(): Promise<number> {
  let given: Arguments;
  try {
    given = readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nSee --help.`);
    return 2;
  }
  if (given.help) {
    console.log(usage.trimEnd());
    return 0;
  }
  try {
    if (given.plant !== undefined) plant(given.plant);
    if (given.plan !== undefined) accessSync(given.plan);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  const { work } = await import('./runner/worker.js');
  const { runPlanFile, runSeeds } = await import('./runner/run-seeds.js');
  if (given.plant !== undefined) assertPlanted(given.plant);
  if (given.worker) return work(given);
  return given.plan === undefined ? runSeeds(given) : runPlanFile(given.plan, given);
}

/** Whatever fails here is no broken invariant. */
const simulatorFailed = 255;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error);
  return simulatorFailed;
});
