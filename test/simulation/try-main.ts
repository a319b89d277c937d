import { drawPlan } from './draw-plan.js';
import { inMacrotask } from './microtasks.js';
import { runPlan } from './simulation.js';

const [from = '1', to = from, verbose] = process.argv.slice(2);
for (let seed = Number(from); seed <= Number(to); seed += 1) {
  const t = performance.now();
  const r = await inMacrotask(() =>
    runPlan(drawPlan(seed), { trace: verbose ? { onLine: (l) => console.log(l) } : {} }),
  );
  const cpu = (performance.now() - t) / 1000;
  if (process.env['COUNTS']) console.log([...r.counts].map(([k, v]) => `${k}: ${v}`).join('\n'));
  console.log(
    seed,
    cpu.toFixed(2),
    r.events,
    (r.virtualMs / 1000).toFixed(1),
    r.digest,
    r.violation ? `${r.violation.invariant} ${r.violation.what} @${r.violation.atMs}` : 'ok',
  );
}
