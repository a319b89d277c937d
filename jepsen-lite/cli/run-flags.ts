/** From the flags of `run` to what is run; everything is checked before anything starts. */
import { randomInt } from 'node:crypto';
import { loadAdapter } from '../adapters/adapter-file.js';
import type { AdapterDescription } from '../adapters/description.js';
import { presets } from '../adapters/presets.js';
import type { RunConfig } from '../run/run-config.js';
import { refusedFault } from '../run/target.js';
import type { Workload } from '../workloads/workload.js';
import { workloads } from '../workloads/workloads.js';
import type { FlagDescription, Flags } from './flags.js';
import { UsageError } from './usage-error.js';

const presetNames = presets.map(({ name }) => name);
const workloadNames = workloads.map(({ name }) => name);
const defaults = { timeMs: 60_000, rate: 200, clients: 4, keys: 5, timeoutMs: 2_000, shards: 4 };

export const runFlags: readonly FlagDescription[] = [
  { name: 'start', value: 'N', help: 'start an own cluster of N Kvorum nodes, and break it' },
  { name: 'shards', value: 'N', help: `shards of the own cluster (default: ${defaults.shards})` },
  {
    name: 'endpoint',
    value: 'URL',
    help: 'a node of a running cluster; once for each node',
    repeatable: true,
  },
  {
    name: 'adapter',
    value: 'NAME|FILE',
    help: `how it is spoken to: ${presetNames.join(', ')} or a JSON file (default: kvorum)`,
  },
  { name: 'workload', value: 'A,B', help: `of ${workloadNames.join(', ')} (default: all)` },
  { name: 'nemesis', value: 'A,B', help: 'faults: none, mix or names (default: mix with --start)' },
  { name: 'time', value: 'TIME', help: 'of clients and faults (default: 60s)' },
  { name: 'rate', value: 'N', help: `operations per second (default: ${defaults.rate})` },
  { name: 'clients', value: 'N', help: `for each workload (default: ${defaults.clients})` },
  { name: 'keys', value: 'N', help: `of a workload at a time (default: ${defaults.keys})` },
  { name: 'value-bytes', value: 'N', help: 'make the values of kv so large (default: small)' },
  { name: 'timeout', value: 'TIME', help: 'a client waits so long for an answer (default: 2s)' },
  { name: 'seed', value: 'N', help: 'of all choices (default: a fresh one)' },
  { name: 'out', value: 'DIR', help: 'where the folder of the run is made (default: results)' },
];

export function readRunConfig(flags: Flags, faultNames: readonly string[]): RunConfig {
  if (flags.positionals.length > 0) {
    throw new UsageError(`What is "${flags.positionals.join(' ')}"? run takes flags only.`);
  }
  const target = readTarget(flags);
  const adapter = readAdapter(flags);
  if ('start' in target && adapter.name !== 'kvorum') {
    throw new UsageError('--start starts Kvorum nodes; another product is attached by --endpoint.');
  }
  const faults = [...readFaults(flags, 'start' in target, faultNames)];
  const refused = refusedFault({ target, adapter, faults });
  if (refused !== undefined) throw new UsageError(`--nemesis: ${refused}`);
  const chosen = readWorkloads(flags, adapter);
  const each = flags.integer('clients', { min: 1, max: 100 }) ?? defaults.clients;
  return {
    kind: 'run',
    seed: flags.integer('seed', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? randomInt(1e6),
    durationMs: flags.durationMs('time') ?? defaults.timeMs,
    rate: flags.integer('rate', { min: 1, max: 100_000 }) ?? defaults.rate,
    timeoutMs: flags.durationMs('timeout') ?? defaults.timeoutMs,
    keys: flags.integer('keys', { min: 1, max: 10_000 }) ?? defaults.keys,
    valueBytes: flags.integer('value-bytes', { min: 0, max: 4 * 1024 * 1024 }) ?? 0,
    adapter,
    target,
    faults,
    prefix: freshPrefix(target),
    workloads: chosen.map(({ name, model }, at) => ({
      name,
      model,
      clients: [at * each, ...Array.from({ length: each - 1 }, (_, i) => at * each + i + 1)],
    })),
    clients: each * chosen.length,
  };
}

/** An own cluster is empty; in another one nothing of an earlier run may be met. */
export function freshPrefix(target: RunConfig['target']): string {
  return 'start' in target ? '' : `jl.${Date.now().toString(36)}.`;
}

function readTarget(flags: Flags): RunConfig['target'] {
  const start = flags.integer('start', { min: 1, max: 9 });
  const [first, ...more] = flags.texts('endpoint').map(readEndpoint);
  if (start !== undefined && first !== undefined) {
    throw new UsageError('Either --start an own cluster or name an --endpoint of another.');
  }
  const shards = flags.integer('shards', { min: 1, max: 1024 });
  if (start !== undefined) return { start, shards: shards ?? defaults.shards };
  if (first === undefined) {
    throw new UsageError('Which cluster? --start 3 starts one, --endpoint URL attaches to one.');
  }
  if (shards !== undefined) throw new UsageError('--shards is for an own cluster, with --start.');
  return { endpoints: [first, ...more] };
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--endpoint is "${text}"; it must be like http://127.0.0.1:8401.`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw new UsageError(`--endpoint is "${text}"; it must end before ? and #.`);
  }
  return text;
}

function readAdapter(flags: Flags): AdapterDescription {
  try {
    return loadAdapter(flags.text('adapter') ?? 'kvorum');
  } catch (error) {
    throw new UsageError(`--adapter: ${(error as Error).message}`);
  }
}

function readWorkloads(flags: Flags, adapter: AdapterDescription): readonly Workload[] {
  const missing = (workload: Workload) => lacksOf(workload, adapter);
  const names = flags.words('workload', workloadNames);
  const wanted = workloads.filter(({ name }) => names?.includes(name) ?? true);
  if (names === undefined) return wanted.filter((workload) => missing(workload).length === 0);
  for (const workload of wanted) {
    const lacks = missing(workload);
    if (lacks.length === 0) continue;
    throw new UsageError(
      `--workload ${workload.name} needs ${lacks.join(', ')}, which the adapter ` +
        `${adapter.name} does not describe.`,
    );
  }
  return wanted;
}

/** Calls that the adapter does not describe, and facts that its answers do not tell. */
function lacksOf({ needs, needsFacts = [] }: Workload, adapter: AdapterDescription): string[] {
  const calls = needs.filter((call) => adapter[call] === undefined);
  const untold = needsFacts.filter(({ call, oneOf }) => {
    const told = { ...adapter.facts, ...adapter[call]?.facts };
    return adapter[call] !== undefined && oneOf.every((fact) => told[fact] === undefined);
  });
  return [...calls, ...untold.map(({ call, oneOf }) => `the ${oneOf[0]} of a ${call}`)];
}

function readFaults(flags: Flags, own: boolean, known: readonly string[]): readonly string[] {
  const named = flags.words('nemesis', ['none', 'mix', ...known]);
  if (named === undefined) return own ? ['mix'] : [];
  if (named.length > 1 && named.includes('none')) {
    throw new UsageError('--nemesis none does not go with others.');
  }
  return named.filter((name) => name !== 'none');
}
