/**
 * A run against a cluster: clients and faults for a while, then peace, then the last reads. What
 * it leaves is a history; the verdict is made from that alone.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpStore, type HttpStoreOptions } from '../adapters/http-store.js';
import { comparesAndSets } from '../adapters/store.js';
import type { HistoryEvent } from '../history/event.js';
import { RandomStream } from '../workloads/random-stream.js';
import type { OpenWorkload, Step } from '../workloads/workload.js';
import { workloads } from '../workloads/workloads.js';
import { Client } from './client.js';
import { ClusterWatch } from './cluster-watch.js';
import { HarnessError } from './harness-error.js';
import { type FaultCount, FaultCounts, type Nemesis, type NemesisHooks } from './nemesis.js';
import type { NodeLine } from './node-state.js';
import { Progress } from './progress.js';
import { Recorder } from './recorder.js';
import { RecoveryTimes } from './recovery.js';
import type { RunConfig } from './run-config.js';

export interface LiveRunOptions {
  readonly config: RunConfig;
  readonly endpoints: readonly string[];
  readonly nemesis: Nemesis | undefined;
  readonly tell: (line: string) => void;
  readonly record: (event: HistoryEvent) => void;
  readonly recordNode: (line: NodeLine) => void;
  /** Ends the clients before their time; what was seen is judged all the same. */
  readonly signal: AbortSignal;
  readonly wrap?: HttpStoreOptions['wrap'];
}

export interface LiveRun {
  readonly events: readonly HistoryEvent[];
  readonly counts: { readonly ok: number; readonly fail: number; readonly info: number };
  readonly faults: readonly FaultCount[];
  readonly recovery: {
    readonly p50Ms: number | null;
    readonly maxMs: number | null;
    readonly converged: boolean;
  };
}

const reachableMsMax = 5_000;
/** After the last fault every endpoint must serve again within that time. */
export const convergedMsMax = 30_000;
const pollMs = 200;

export async function liveRun(options: LiveRunOptions): Promise<LiveRun> {
  const { config, endpoints, wrap } = options;
  const { adapter, timeoutMs } = config;
  const stores: HttpStore[] = [];
  const connect = () => {
    const shared = { adapter, timeoutMs, ...(wrap !== undefined && { wrap }) };
    const made = endpoints.map((endpoint) => new HttpStore({ ...shared, endpoint }));
    stores.push(...made);
    return made;
  };
  let world: World | undefined;
  try {
    await allAnswer(connect(), `${config.prefix}probe`, reachableMsMax, true);
    world = new World(options, connect);
    await world.work();
    const converged = await allAnswer(connect(), `${config.prefix}probe`, convergedMsMax, false);
    const allRead = await world.lastReads();
    return world.result(converged && allRead);
  } finally {
    world?.close();
    await Promise.all(stores.map((store) => store.close()));
  }
}

/** Everything that lasts as long as a run. */
class World {
  readonly #options: LiveRunOptions;
  readonly #recorder: Recorder;
  readonly #progress: Progress;
  readonly #recovery: RecoveryTimes;
  readonly #faults = new FaultCounts();
  readonly #watch: ClusterWatch | undefined;
  readonly #running: { readonly open: OpenWorkload; readonly clients: readonly Client[] }[];

  constructor(options: LiveRunOptions, connect: () => readonly HttpStore[]) {
    const { config, endpoints, record } = options;
    this.#options = options;
    this.#recorder = new Recorder(record);
    this.#recovery = new RecoveryTimes(endpoints.length);
    this.#watch = config.adapter.name === 'kvorum' ? this.#watchNodes() : undefined;
    this.#progress = new Progress(config.seed, options.tell, () => this.#watch?.nodes ?? []);
    const random = new RandomStream(config.seed);
    this.#running = config.workloads.map(({ name, clients }) => ({
      open: this.#openWorkload(name, clients.length, random.stream(`workload ${name}`)),
      clients: clients.map((index) => this.#client(index, connect(), random)),
    }));
    this.#passOver();
  }

  async work(): Promise<void> {
    const { config, nemesis, signal } = this.#options;
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), config.durationMs);
    const ends = AbortSignal.any([signal, over.signal]);
    // Every client waits on it, and there is no limit to how many there are.
    setMaxListeners(0, ends);
    const failed = (error: unknown) => {
      over.abort();
      throw error;
    };
    const parts = this.#running.flatMap(({ open, clients }) =>
      clients.map((client, i) => client.run(() => open.next(i), ends)),
    );
    if (nemesis !== undefined) parts.push(nemesis.run(this.#hooks(), ends));
    const settled = await Promise.allSettled(parts.map((part) => part.catch(failed)));
    clearTimeout(timer);
    for (const part of settled) if (part.status === 'rejected') throw part.reason;
  }

  /**
   * Every read is asked until it is answered, each time of another endpoint. False: one of them was
   * not answered in time, so what it would have shown was not looked at, and is not served.
   */
  async lastReads(): Promise<boolean> {
    const endMs = performance.now() + convergedMsMax;
    const answered = this.#running.map(async ({ open, clients: [client] }) => {
      let all = true;
      for (const step of open.last()) {
        if (client !== undefined && !(await insist(client, step, endMs))) all = false;
      }
      return all;
    });
    return (await Promise.all(answered)).every(Boolean);
  }

  result(converged: boolean): LiveRun {
    const { p50Ms, maxMs } = this.#recovery;
    return {
      events: this.#recorder.events,
      counts: this.#progress.counts,
      faults: this.#faults.all,
      recovery: { p50Ms, maxMs, converged },
    };
  }

  close(): void {
    this.#progress.close();
    this.#watch?.close();
  }

  /** Draws what was called before the moment where the run begins, and does nothing of it. */
  #passOver(): void {
    const { workloads: wanted, from } = this.#options.config;
    for (const [at, { open }] of this.#running.entries()) {
      for (const [i, client] of (wanted[at]?.clients ?? []).entries()) {
        for (let call = from?.calls[client] ?? 0; call > 0; call -= 1) open.next(i);
      }
    }
  }

  #watchNodes(): ClusterWatch {
    const { endpoints, recordNode } = this.#options;
    return new ClusterWatch(endpoints, {
      leads: (seen) => this.#recorder.nemesis('info', 'leader', { ...seen }),
      changed: (node) => recordNode({ timeNs: this.#recorder.nowNs, ...node }),
    });
  }

  #openWorkload(name: string, clients: number, random: RandomStream): OpenWorkload {
    const workload = workloads.find((known) => known.name === name);
    if (workload === undefined) throw new HarnessError(`there is no workload "${name}"`);
    const { keys, prefix, valueBytes, adapter } = this.#options.config;
    const can = { comparesAndSets: comparesAndSets(adapter) };
    return workload.open({
      random,
      clients,
      keys,
      valueBytes,
      ...can,
      prefix: `${prefix}${name}.`,
    });
  }

  #client(index: number, stores: readonly HttpStore[], random: RandomStream): Client {
    const { clients, rate } = this.#options.config;
    return new Client({
      index,
      clients,
      stores,
      recorder: this.#recorder,
      pauseMs: (1000 * clients) / rate,
      random: random.stream(`pace ${index}`),
      answered: (answer) => {
        this.#progress.answered(answer);
        this.#recovery.answered(answer);
      },
    });
  }

  #hooks(): NemesisHooks {
    const recorder = this.#recorder;
    return {
      turn: (lane, turn) => recorder.nemesis('info', 'turn', { lane, turn }),
      started: (fault, what) => {
        recorder.nemesis('invoke', fault, what);
        this.#recovery.faultStarted();
        this.#progress.fault(fault, what);
      },
      probed: (fault, holds) => {
        recorder.nemesis('info', fault, { verified: holds });
        this.#faults.probed(fault, holds);
        this.#progress.probed(fault, holds);
      },
      stopped: (fault, what) => {
        recorder.nemesis('info', fault, { stopped: what });
        this.#recovery.faultStopped(recorder.nowNs);
        this.#progress.healed(fault);
      },
    };
  }
}

async function insist(client: Client, step: Step, endMs: number): Promise<boolean> {
  for (;;) {
    const { type } = await client.perform(step);
    client.moveOn();
    if (type === 'ok') return true;
    if (performance.now() >= endMs) return false;
    await sleep(pollMs);
  }
}

/** Whether each endpoint has answered a read in time. */
async function allAnswer(
  stores: readonly HttpStore[],
  key: string,
  withinMs: number,
  must: boolean,
): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  const answers = stores.map(async ({ store, endpoint }) => {
    for (;;) {
      const { type, facts } = await store.get(key);
      if (type === 'ok') return true;
      if (performance.now() < endMs) await sleep(pollMs);
      else if (must) throw new HarnessError(`${endpoint} does not answer reads: ${facts.error}`);
      else return false;
    }
  });
  return (await Promise.all(answers)).every(Boolean);
}
