/**
 * How long requests take while the nodes of a cluster restart one after the other, beside a quiet
 * stretch of the same load: the figures for what `test/system/rolling-restart.test.ts` only shows.
 *
 *   node build/bench/rolling-restart.js [--workers 32] [--rounds 3]
 */
import { parseArgs } from 'node:util';
import { Cluster } from '../test/system/cluster.js';
import { RestartLoad } from '../test/system/restart-load.js';
import { BenchOwner } from './owner.js';

const { values: flags } = parseArgs({
  options: {
    workers: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
  },
});

/** Answers waited for in the quiet stretch, and between two restarts. */
const stretchAnswers = 2_000;

const owner = new BenchOwner();
await owner.during(async () => {
  const cluster = await Cluster.start(owner);
  const load = new RestartLoad(cluster.targets());
  owner.teardown(() => load.close());
  load.start(Number(flags.workers));
  await load.waitForAnswers(stretchAnswers);
  console.log(line('no restart', load));
  for (let round = 1; round <= Number(flags.rounds); round += 1) {
    load.longestMs = 0;
    for (const id of cluster.ids) {
      cluster.process(id).signal('SIGTERM');
      await cluster.process(id).ended;
      await cluster.restart(id);
      await load.waitForAnswers(stretchAnswers);
    }
    console.log(line(`round ${round}`, load));
  }
  await load.stop();
  const missing = await load.missing();
  console.log(`${missing.length} acknowledged writes missing`);
  for (const lost of [...load.lost, ...missing].slice(0, 20)) console.log(lost);
});

function line(name: string, { longestMs, answered, refused, lost }: RestartLoad): string {
  const counts = `${answered} answered, ${refused} refused, ${lost.length} lost`;
  return `${name}: longest request ${longestMs.toFixed(0)} ms; so far ${counts}`;
}
