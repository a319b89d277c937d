/** Says all about a run that failed: what, how to run it again, and what happened around it. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecked } from '../checked-run.js';
import { faultText } from '../faults.js';
import type { RunPlan } from '../run-plan.js';
import type { RunResult } from '../simulation.js';
import type { Arguments } from './arguments.js';
import { messageChart } from './message-chart.js';
import { planTest } from './plan-test.js';
import { shrink } from './shrink.js';

const linesShown = 60;
/** With the messages that are sent. */
const linesCharted = 400;

export async function reportFailure(plan: RunPlan, given: Arguments): Promise<void> {
  const trace = { keep: linesCharted };
  const result = await runChecked(plan, trace);
  writeChart(result, given);
  printFailure(result, replay(plan, given));
  if (!given.shrink) return;
  const { plan: smaller, runs } = await shrink(plan, (candidate) => runChecked(candidate));
  const file = path.join(buildFolder(), `simulation-${plan.seed}.json`);
  writeFileSync(file, `${JSON.stringify(smaller, undefined, 1)}\n`);
  const test = path.join(buildFolder(), `simulation-${plan.seed}.test.ts`);
  const failed = await runChecked(smaller, trace);
  writeFileSync(test, planTest(smaller, failed.violation));
  writeChart(failed, given);
  console.log(`\nAfter ${runs} runs this is left of it:`);
  console.log(`  ${planText(smaller)}`);
  for (const fault of smaller.faults) console.log(`  ${at(fault.atMs)} ${faultText(fault)}`);
  const command = `node build/test/simulation/main.js --plan ${path.relative('.', file)}`;
  printFailure(failed, `${command}${plantFlag(given)}`);
  console.log(`\nAs a test, at home in test/simulation: ${path.relative('.', test)}`);
}

function printFailure({ plan, violation, lastLines }: RunResult, command: string): void {
  if (violation === undefined) {
    console.log(`\nSeed ${plan.seed} does not fail again: the simulator is not deterministic.`);
    return;
  }
  console.log(`\nSeed ${plan.seed} breaks ${violation.invariant} at ${at(violation.atMs)}:`);
  console.log(`  ${violation.what}`);
  console.log(`Again, with every event: ${command} --verbose\n`);
  const shown = lastLines.filter((line) => !/^ *\S+ n\d+ >/.test(line)).slice(-linesShown);
  for (const line of shown) console.log(line);
}

function writeChart({ plan, violation, lastLines }: RunResult, { chart }: Arguments): void {
  if (chart === undefined || violation === undefined) return;
  const title = `Seed ${plan.seed} breaks ${violation.invariant}: ${violation.what}`;
  writeFileSync(chart, JSON.stringify(messageChart(lastLines, title)));
}

function replay({ seed, durationMs }: RunPlan, given: Arguments): string {
  const seconds = given.durationMs === undefined ? '' : ` --seconds ${durationMs / 1000}`;
  return `node build/test/simulation/main.js --seed ${seed}${seconds}${plantFlag(given)}`;
}

function plantFlag({ plant }: Arguments): string {
  return plant === undefined ? '' : ` --plant ${plant}`;
}

function planText({ cluster, clients, durationMs }: RunPlan): string {
  const operations = clients.map(({ id, operationsMax }) => `c${id}: ${operationsMax}`);
  return (
    `${cluster.nodes} nodes, ${cluster.shards} shards, ${durationMs / 1000} s, ` +
    `operations of clients ${operations.join(', ')}`
  );
}

function at(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

/** Beside everything else that is built: no part of the sources. */
function buildFolder(): string {
  return fileURLToPath(new URL('../../../', import.meta.url));
}
