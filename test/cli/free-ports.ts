/** Runs of neighbouring ports that are free now, below those that the system gives out itself. */
import { portProblem } from '../../src/cli/ports.js';

const lowest = 15_000;
const highest = 32_000;

/** The first of `count` free neighbours. Test processes begin at different places. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const first = lowest + ((process.pid * 61 + attempt * 977) % (highest - lowest - count));
    const ports = Array.from({ length: count }, (_, i) => first + i);
    const problems = await Promise.all(
      ports.map((port) => portProblem({ host: '127.0.0.1', port })),
    );
    if (problems.every((problem) => problem === undefined)) return first;
  }
  throw new Error(`no ${count} free ports side by side`);
}
