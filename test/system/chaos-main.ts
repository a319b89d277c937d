/**
 * Minutes of trouble for a cluster of real processes under constant load: kills, pauses, graceful
 * stops and broken links, several at a time, drawn from a seed. After each round everything heals,
 * all nodes must become ready by themselves, and the whole history of the round is checked.
 *
 *   node build/test/system/chaos-main.js [--minutes 3] [--seed 1] [--nodes 3] [--shards 6]
 *
 * The seed repeats the faults and their order; how they meet the load is the machine's. Not part
 * of the tests: those have one fault each and say what must happen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../raft/core/seeded-random.js';
import { Cluster, type ClusterOwner } from './cluster.js';
import { Workload } from './workload.js';

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: `${Date.now() % 100_000}` },
    nodes: { type: 'string', default: '3' },
    shards: { type: 'string', default: '6' },
  },
});
const seed = Number(flags.seed);
const endMs = performance.now() + Number(flags.minutes) * 60_000;
/** One round of faults; then peace, and the check. */
const roundMs = 30_000;
const readyMs = 30_000;
/** Large values fill segments and travel in the bulk streams. */
const largeBytesMax = 600_000;
const largePauseMs = 150;

type Fault = (random: SeededRandom) => Promise<string>;

/** Ends processes and starts them again, pauses them; one fault at a time. */
function processFaults(cluster: Cluster): readonly Fault[] {
  const { ids } = cluster;
  const kill: Fault = async (random) => {
    const victims = random.chance(0.2) ? ids : [random.pick(ids)];
    const downMs = random.chance(0.3) ? 0 : random.between(100, 4_000);
    await cluster.kill(...victims);
    await sleep(downMs);
    for (const id of victims) cluster.startNode(id);
    return `killed ${victims}, started after ${downMs} ms`;
  };
  const stop: Fault = async (random) => {
    const victim = random.pick(ids);
    const startedMs = performance.now();
    cluster.process(victim).signal('SIGTERM');
    await cluster.process(victim).ended;
    cluster.startNode(victim);
    return `stopped ${victim}, which took ${(performance.now() - startedMs) | 0} ms`;
  };
  const pause: Fault = async (random) => {
    const victims = random.chance(0.2) ? ids : [random.pick(ids)];
    const pauseMs = random.between(100, random.chance(0.5) ? 1_500 : 6_000);
    for (const id of victims) cluster.process(id).signal('SIGSTOP');
    await sleep(pauseMs);
    for (const id of victims) {
      cluster.process(id).signal('SIGCONT');
      await sleep(random.below(100));
    }
    return `paused ${victims} for ${pauseMs} ms`;
  };
  return [kill, kill, stop, pause, pause];
}

/** Breaks links in the ways of LinkProxy; several faults may overlap, `heal` ends them all. */
function linkFaults(cluster: Cluster): readonly Fault[] {
  const { ids } = cluster;
  const links = ids.flatMap((from) =>
    ids.filter((to) => to !== from).map((to) => ({ name: `${from}>${to}`, ...{ from, to } })),
  );
  const one: Fault = async (random) => {
    const { name, from, to } = random.pick(links);
    const link = cluster.link(from, to);
    const how = random.pick(['cut', 'reset', 'delay', 'forward', 'backward', 'both'] as const);
    if (how === 'cut') link.cut();
    else if (how === 'reset') link.reset();
    else if (how === 'delay') link.delay(random.between(5, 400));
    else link.blackhole(how);
    const lastsMs = random.between(100, 4_000);
    await sleep(lastsMs);
    if (random.chance(0.7)) link.heal();
    return `link ${name}: ${how} for ${lastsMs} ms`;
  };
  const isolate: Fault = async (random) => {
    const victim = random.pick(ids);
    const how = random.pick(['cut', 'both', 'forward', 'backward'] as const);
    for (const link of cluster.linksAround([victim])) {
      if (how === 'cut') link.cut();
      else link.blackhole(how);
    }
    const lastsMs = random.between(500, 5_000);
    await sleep(lastsMs);
    cluster.heal();
    return `isolated ${victim} (${how}) for ${lastsMs} ms`;
  };
  return [one, one, isolate];
}

/** One fault after the other, with pauses, until the round ends. */
async function lane(faults: readonly Fault[], random: SeededRandom, untilMs: number) {
  while (performance.now() < untilMs) {
    await sleep(random.between(0, 1_500));
    const told = await random.pick(faults)(random);
    console.log(`  ${told}`);
  }
}

interface Round {
  readonly prefix: string;
  running: boolean;
}

async function writeLarge(workload: Workload, random: SeededRandom, round: Round) {
  const { prefix } = round;
  for (let serial = 1; round.running; serial += 1) {
    const key = `${prefix}/large/${serial}`;
    const padding = 'x'.repeat(random.below(largeBytesMax));
    await workload.write(random.pick(workload.nodes), key, `${key}=${serial} ${padding}`);
    await sleep(largePauseMs);
  }
}

async function runRound(cluster: Cluster, number: number): Promise<readonly string[]> {
  const round = { prefix: `round-${number}`, running: true };
  const workload = new Workload({
    nodes: cluster.targets(),
    prefix: round.prefix,
    timeoutMs: 3_500,
    pauseMs: 5,
  });
  try {
    workload.start();
    const untilMs = Math.min(performance.now() + roundMs, endMs);
    const base = seed * 1_000 + number * 3;
    const large = writeLarge(workload, new SeededRandom(base), round);
    await Promise.all([
      lane(processFaults(cluster), new SeededRandom(base + 1), untilMs),
      lane(linkFaults(cluster), new SeededRandom(base + 2), untilMs),
    ]);
    cluster.heal();
    const healedMs = performance.now();
    await cluster.ready(cluster.ids, readyMs);
    const readyAfterMs = (performance.now() - healedMs) | 0;
    round.running = false;
    await Promise.all([workload.stop(), large]);
    const violations = await workload.verify();
    const { history } = workload;
    const counts = (['ok', 'unknown', 'not_applied'] as const).map(
      (outcome) => `${history.count(outcome)} ${outcome}`,
    );
    console.log(`round ${number}: ready after ${readyAfterMs} ms; writes: ${counts.join(', ')};`);
    console.log(`  ${history.reads.length} reads, ${violations.length} violations`);
    return violations;
  } finally {
    await workload.close();
  }
}

const closers: (() => Promise<void>)[] = [];
let failed = true;
const owner: ClusterOwner = {
  teardown: (close) => void closers.push(close),
  passing: () => !failed,
  comment: (text) => console.log(text),
};

console.log(`seed ${seed}, ${flags.minutes} minutes`);
try {
  const cluster = await Cluster.start(owner, {
    nodes: Number(flags.nodes),
    shards: Number(flags.shards),
    proxies: true,
  });
  const violations: string[] = [];
  for (let round = 1; performance.now() < endMs && violations.length === 0; round += 1) {
    violations.push(...(await runRound(cluster, round)));
  }
  for (const violation of violations.slice(0, 20)) console.log(violation.slice(0, 400));
  failed = violations.length > 0;
  console.log(failed ? `FAILED: seed ${seed}` : 'everything held');
} finally {
  for (const close of closers) await close();
  process.exitCode = failed ? 1 : 0;
}
