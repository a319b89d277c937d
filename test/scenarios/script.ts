/**
 * A scripted simulation: a small cluster with production's timing, clients that write and read all
 * the time, and steps that happen at their moments. It is told from top to bottom, run with every
 * check there is, and leaves what its witness saw for the claims of the scenario.
 */
import { runChecked } from '../simulation/checked-run.js';
import type { Fault } from '../simulation/faults.js';
import type { ClientPlan, NetworkPlan, RunPlan } from '../simulation/run-plan.js';
import type { RunResult } from '../simulation/simulation.js';
import { Witness } from './witness.js';

/** A fault as a record of its own, without the moment. */
type Happening = Fault extends infer Kind
  ? Kind extends Fault
    ? Omit<Kind, 'atMs'>
    : never
  : never;

export interface Step {
  readonly atMs: number;
  readonly name: string;
  readonly fault: Fault;
}

export interface Script {
  readonly durationMs: number;
  readonly steps: readonly Step[];
  /** Three unless the script says otherwise; the shard has three replicas, or one. */
  readonly nodes?: number;
  readonly replicas?: 1 | 3;
  readonly network?: Partial<NetworkPlan>;
  readonly disk?: RunPlan['disk'];
  readonly clients?: Partial<ClientPlan>;
}

export interface Played {
  readonly result: RunResult;
  readonly witness: Witness;
  /** Empty when every invariant held, else which one broke and after which step. */
  readonly trouble: string;
}

const clientsMax = 9;
/** Of defaultTiming: after this long without a majority no leader is one any more. */
export const leadershipMsMax = 1_300;

export function step(atMs: number, name: string, happening: Happening): Step {
  return { atMs, name, fault: { ...happening, atMs } as Fault };
}

/** All of whoever leads is cut off. */
export function leaderCutOff(forMs: number): Happening {
  return { kind: 'partition', shape: 'leader', cuts: [], isolateLeaderOf: 1, forMs };
}

export async function play(script: Script): Promise<Played> {
  let witness: Witness | undefined;
  const result = await runChecked(planOf(script), {}, (world) => {
    witness = new Witness(world);
    return witness;
  });
  if (witness === undefined) throw new Error('nobody watched');
  return { result, witness, trouble: troubleOf(script, result) };
}

function planOf({ nodes = 3, replicas = 3, ...script }: Script): RunPlan {
  const ids = Array.from({ length: nodes * Math.floor(clientsMax / nodes) }, (_, i) => i + 1);
  return {
    seed: 1,
    durationMs: script.durationMs,
    cluster: {
      nodes,
      shards: 1,
      replicas,
      tuning: {},
      checkpoint: {},
      segmentBytes: 64 * 1024,
      logBytesMax: 1024 * 1024,
      turnMs: 0.2,
      repairMs: 1_000,
    },
    network: {
      delayMinMs: 0.5,
      delayMaxMs: 2,
      lossRate: 0,
      duplicateRate: 0,
      reorderRate: 0,
      reconnectMs: 50,
      silenceMs: 1_000,
      ...script.network,
    },
    disk: script.disk ?? { syncMinMs: 1, syncMaxMs: 4 },
    clients: ids.map((id) => ({
      id,
      node: 1 + (id % nodes),
      keys: 20,
      thinkMs: 40,
      timeoutMs: 500,
      roams: false,
      stays: true,
      mix: { put: 40, conditionalPut: 0, delete: 0, read: 60, staleRead: 0 },
      valueBytesMax: 64,
      operationsMax: Number.MAX_SAFE_INTEGER,
      ...script.clients,
    })),
    faults: script.steps.map(({ fault }) => fault),
  };
}

function troubleOf({ steps }: Script, { violation }: RunResult): string {
  if (violation === undefined) return '';
  const { invariant, what, atMs } = violation;
  const last = steps.filter((before) => before.atMs <= atMs).at(-1)?.name ?? 'the beginning';
  return `${invariant} at ${atMs} ms, after '${last}': ${what}`;
}
