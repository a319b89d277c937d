/**
 * The long form of the random checker:
 *
 *     node build/test/raft/core/random-cluster-main.js --seeds 1000 [--from 1] [--keep-going]
 */
import { parseArgs } from 'node:util';
import { RunFailed, runRandomCluster } from './random-run.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    'keep-going': { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const totals: Record<string, number> = {};
const failed: number[] = [];
let events = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  try {
    const run = runRandomCluster(seed);
    events += run.events;
    for (const [what, count] of Object.entries(run.counts)) {
      totals[what] = (totals[what] ?? 0) + count;
    }
  } catch (error) {
    if (!(error instanceof RunFailed)) throw error;
    failed.push(seed);
    if (!values['keep-going']) {
      console.error(error.message);
      break;
    }
    console.error(error.message.split('\n')[0]);
  }
}
console.log(JSON.stringify(totals));
console.log(`${seeds} seeds, ${events} events, ${failed.length} failed: ${failed.slice(0, 20)}`);
process.exitCode = failed.length > 0 ? 1 : 0;
