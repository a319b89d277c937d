/**
 * `make bench`: durable puts and linearizable gets against three real nodes, beside a bare fastify
 * server as the ceiling. The runs of all targets alternate, so that whatever else the machine does
 * hits all alike; the ratios are steadier than the figures. `README.md` says how to read them.
 *
 *   node build/bench/main.js [--runs 5] [--seconds 1.5] [--connections 1,16,64,256]
 *                            [--targets ceiling,spread,leader,other] [--methods PUT,GET] [--json]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BenchOwner } from './owner.js';
import { LoadGenerator } from './throughput/load.js';
import type { Method } from './throughput/load-generator.js';
import { readMetrics } from './throughput/pipeline.js';
import {
  describeMachine,
  loadAverage,
  printReport,
  type Report,
  type Run,
  toCells,
} from './throughput/report.js';
import { startTargets, type Target, targetNames } from './throughput/targets.js';

const keys = 10_000;
const valueBytes = 256;
const warmUpMs = 250;
/** Between two runs, for what the last one left to do. */
const settleMs = 100;

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.5' },
    connections: { type: 'string', default: '1,16,64,256' },
    targets: { type: 'string', default: 'ceiling,spread,leader,other' },
    methods: { type: 'string', default: 'PUT,GET' },
    json: { type: 'boolean', default: false },
  },
});
const runs = positive('runs', flags.runs);
const seconds = positive('seconds', flags.seconds);

const owner = new BenchOwner();
const report = await owner.during(measureAll);
if (flags.json) console.log(JSON.stringify(report, null, 2));
else printReport(report);

async function measureAll(): Promise<Report> {
  const loadBefore = loadAverage();
  const generator = new LoadGenerator();
  owner.teardown(() => generator.close());
  const wanted = chosen('targets', flags.targets, targetNames);
  const targets = (await startTargets(owner)).filter(({ name }) => wanted.includes(name));
  for (const target of targets) await fill(generator, target);
  const connections = flags.connections.split(',').map((text) => positive('connections', text));
  const methods = chosen('methods', flags.methods, ['PUT', 'GET'] as const);
  const done: Run[] = [];
  for (let round = 1; round <= runs; round += 1) {
    console.error(`round ${round} of ${runs}, load average ${loadAverage().toFixed(1)}`);
    for (const method of methods) {
      for (const count of connections) {
        for (const target of targets) {
          const run = await measure(generator, { target, method, connections: count });
          done.push({ ...run, round });
        }
      }
    }
  }
  const cells = toCells(done, seconds + warmUpMs / 1000);
  return { machine: describeMachine(), loadBefore, seconds, runs, cells };
}

async function fill(generator: LoadGenerator, target: Target): Promise<void> {
  const port = await target.port();
  const size = { connections: 32, keys, valueBytes, warmUpMs: 0, durationMs: 0 };
  const { refused } = await generator.run({ port, method: 'PUT', ...size });
  if (refused > 0) throw new Error(`${target.name}: ${refused} puts were refused`);
}

async function measure(
  generator: LoadGenerator,
  load: { target: Target; method: Method; connections: number },
): Promise<Omit<Run, 'round'>> {
  const { target, method, connections } = load;
  const port = await target.port();
  const before = await readMetrics(target.origins);
  await sleep(settleMs);
  const cpuMs = target.cpuMs();
  const result = await generator.run({
    ...{ port, method, connections, keys, valueBytes, warmUpMs },
    durationMs: seconds * 1000,
  });
  const spentMs = target.cpuMs();
  return {
    ...result,
    ...{ target: target.name, method, connections, before },
    cpuMs: cpuMs === undefined || spentMs === undefined ? undefined : spentMs - cpuMs,
    after: await readMetrics(target.origins),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} is "${text}"; it must be a number above 0.`);
  return value;
}

function chosen<Name extends string>(option: string, list: string, all: readonly Name[]): Name[] {
  const names = list.split(',');
  const unknown = names.filter((name) => !all.some((one) => one === name));
  if (unknown.length === 0) return all.filter((one) => names.includes(one));
  throw new Error(`--${option} names ${unknown.join(', ')}; there are ${all.join(', ')}.`);
}
