/** A child process of `--jobs`: runs the seeds it is sent, one at a time, until there are none. */
import { runSeed } from '../checked-run.js';
import type { Arguments } from './arguments.js';
import { seedReport } from './seed-report.js';

export async function work({ durationMs }: Arguments): Promise<number> {
  process.on('message', (seed: number) => {
    const before = process.cpuUsage();
    runSeed(seed, durationMs).then(
      (result) => {
        const { user, system } = process.cpuUsage(before);
        process.send?.(seedReport(result, (user + system) / 1000));
      },
      (error: Error) => {
        console.error(`seed ${seed}: the simulator failed: ${error.stack}`);
        process.exit(1);
      },
    );
  });
  process.send?.('ready');
  await new Promise<void>((resolve) => process.on('disconnect', resolve));
  return 0;
}
