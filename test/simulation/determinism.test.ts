import t from 'tap';
import { runSeed } from './checked-run.js';
import { drawPlan } from './draw-plan.js';
import { inMacrotask } from './microtasks.js';
import { runPlan } from './simulation.js';

function traced(seed: number) {
  const lines: string[] = [];
  const plan = drawPlan(seed, 20_000);
  return inMacrotask(() => {
    const result = runPlan(plan, { trace: { onLine: (line) => lines.push(line) } });
    return { lines, result };
  });
}

t.test('one seed twice gives the same trace, byte for byte', async (t) => {
  for (const seed of [1, 2, 3]) {
    const [first, second] = [await traced(seed), await traced(seed)];
    t.ok(first.lines.length > 1_000, `${first.lines.length} lines`);
    t.same(second.lines, first.lines);
    t.equal(second.result.traceHash, first.result.traceHash);
    t.equal(second.result.traceLines, first.result.traceLines);
  }
});

t.test('a run that is watched is the run that was not', async (t) => {
  const { result } = await traced(4);
  const unwatched = await runSeed(4, 20_000);
  t.equal(unwatched.digest, result.digest);
  t.equal(unwatched.events, result.events);
});

t.test('another seed gives another trace', async (t) => {
  const [a, b] = [await traced(5), await traced(6)];
  t.not(a.result.digest, b.result.digest);
});
