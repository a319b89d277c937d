/**
 * Whether this harness finds what it must: each planted bug in turn, through the whole of it, from
 * the clients to the verdict. The same run without the bug must be valid: a harness that calls
 * everything invalid would find all bugs, too.
 */
import { kvorum } from '../adapters/kvorum.js';
import { defaultLimits } from '../checker/limits.js';
import type { Validity } from '../checker/verdict.js';
import { judge, type WorkloadVerdict } from '../run/judge.js';
import { liveRun } from '../run/live-run.js';
import type { RunConfig } from '../run/run-config.js';
import { RandomStream } from '../workloads/random-stream.js';
import { workloads } from '../workloads/workloads.js';
import { type ClientBug, clientBugs, plantInClient } from './planted-client.js';
import { PlantedServer } from './planted-server.js';
import { type ServerBug, serverBugs } from './planted-store.js';

export interface PlantedBug {
  readonly where: 'server' | 'client';
  readonly name: ServerBug | ClientBug;
  readonly breaks: string;
}

export const plantedBugs: readonly PlantedBug[] = [
  ...bugsIn('server', serverBugs),
  ...bugsIn('client', clientBugs),
];

function bugsIn(where: PlantedBug['where'], bugs: Readonly<Record<string, string>>) {
  return Object.entries(bugs).map(([name, breaks]) => ({
    where,
    name: name as PlantedBug['name'],
    breaks,
  }));
}

export interface Hunt {
  readonly bug: PlantedBug;
  /** Workloads whose verdict was invalid; empty when the bug got away. */
  readonly foundBy: readonly string[];
  readonly seeds: number;
  readonly operations: number;
  readonly seconds: number;
  readonly explanation: string;
  /** Of the run with the same seed and without the bug. */
  readonly twin: Validity;
  readonly twinExplanation: string;
}

const seedsMax = 4;
const clientsEach = 4;
const settings = { durationMs: 2_500, rate: 900, timeoutMs: 1_000, keys: 3, valueBytes: 0 };

export async function hunt(bug: PlantedBug, signal: AbortSignal): Promise<Hunt> {
  const startedMs = performance.now();
  for (let seed = 1; ; seed += 1) {
    const { verdicts, operations } = await oneRun(bug, seed, signal);
    const invalid = verdicts.filter(({ verdict }) => verdict.validity === 'invalid');
    if (invalid.length === 0 && seed < seedsMax && !signal.aborted) continue;
    const seconds = (performance.now() - startedMs) / 1000;
    const twin = (await oneRun(undefined, seed, signal)).verdicts;
    const spoiled = twin.find(({ verdict }) => verdict.validity !== 'valid')?.verdict;
    return {
      bug,
      foundBy: invalid.map(({ name }) => name),
      seeds: seed,
      operations,
      seconds,
      explanation: invalid[0]?.verdict.explanation ?? '',
      twin: spoiled?.validity ?? 'valid',
      twinExplanation: spoiled?.explanation ?? '',
    };
  }
}

async function oneRun(
  bug: PlantedBug | undefined,
  seed: number,
  signal: AbortSignal,
): Promise<{ readonly verdicts: readonly WorkloadVerdict[]; readonly operations: number }> {
  const config = configOf(seed);
  const inServer = bug?.where === 'server' ? (bug.name as ServerBug) : undefined;
  const inClient = bug?.where === 'client' ? (bug.name as ClientBug) : undefined;
  const server = await PlantedServer.start(inServer, new RandomStream(seed, 'planted server'));
  try {
    const { events, counts } = await liveRun({
      config,
      endpoints: server.endpoints,
      nemesis: undefined,
      tell: () => {},
      record: () => {},
      recordNode: () => {},
      signal,
      ...(inClient !== undefined && { wrap: (store) => plantInClient(store, inClient) }),
    });
    const operations = counts.ok + counts.fail + counts.info;
    return { verdicts: judge(events, config, defaultLimits), operations };
  } finally {
    await server.close();
  }
}

function configOf(seed: number): RunConfig {
  return {
    kind: 'run',
    seed,
    ...settings,
    adapter: kvorum,
    target: { endpoints: ['http://planted'] },
    faults: [],
    prefix: '',
    workloads: workloads.map(({ name, model }, at) => ({
      name,
      model,
      clients: [at * clientsEach, ...range(clientsEach - 1).map((i) => at * clientsEach + i + 1)],
    })),
    clients: clientsEach * workloads.length,
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
