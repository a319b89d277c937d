/** Runs seeds in this process, or spread over child processes. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runSeed } from '../checked-run.js';
import type { Arguments } from './arguments.js';
import { type SeedReport, seedReport } from './seed-report.js';

/** Hands out seeds, and stops when there is no reason to go on. */
export interface SeedSource {
  next(): number | undefined;
  report(report: SeedReport): void;
}

export async function runHere(source: SeedSource, { durationMs }: Arguments): Promise<void> {
  for (let seed = source.next(); seed !== undefined; seed = source.next()) {
    const before = process.cpuUsage();
    const result = await runSeed(seed, durationMs);
    const { user, system } = process.cpuUsage(before);
    source.report(seedReport(result, (user + system) / 1000));
  }
}

export async function runInChildren(source: SeedSource, given: Arguments): Promise<void> {
  await Promise.all(Array.from({ length: given.jobs }, () => runInChild(source, given)));
}

function runInChild(source: SeedSource, { durationMs, plant }: Arguments): Promise<void> {
  const flags = ['--worker'];
  if (durationMs !== undefined) flags.push('--seconds', `${durationMs / 1000}`);
  if (plant !== undefined) flags.push('--plant', plant);
  const child = fork(fileURLToPath(new URL('../main.js', import.meta.url)), flags);
  return new Promise((resolve, reject) => {
    let running: number | undefined;
    child.on('message', (message: 'ready' | SeedReport) => {
      if (message !== 'ready') source.report(message);
      running = source.next();
      if (running === undefined) child.disconnect();
      else child.send(running);
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (running === undefined) resolve();
      else reject(new Error(`the process that ran seed ${running} ended with code ${code}`));
    });
  });
}
