/** Runs one plan from beginning to end. Must be called from a macrotask (`inMacrotask`). */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connections } from './clients.js';
import { ClusterNotes } from './cluster-notes.js';
import { converge } from './convergence.js';
import { FaultInjector } from './fault-injector.js';
import { drainMicrotasks } from './microtasks.js';
import type { Observer } from './observer.js';
import type { RunPlan } from './run-plan.js';
import { coldKeys } from './state-damage.js';
import type { TraceOptions } from './trace.js';
import { type Violation, World } from './world.js';

export interface RunOptions {
  readonly trace?: TraceOptions;
  readonly observers?: (world: World) => readonly Observer[];
}

export interface RunResult {
  readonly plan: RunPlan;
  readonly violation: Violation | undefined;
  readonly counts: ReadonlyMap<string, number>;
  readonly events: number;
  readonly virtualMs: number;
  /** Equal for equal runs. */
  readonly digest: string;
  /** Of the lines, when there were any. */
  readonly traceHash: string;
  readonly traceLines: number;
  readonly lastLines: readonly string[];
}

/** The cluster has leaders by then, as a rule; and so long a write may take. */
const coldMs = 2_000;

export function runPlan(plan: RunPlan, options: RunOptions = {}): RunResult {
  const folder = fs.mkdtempSync(path.join(memoryFolder(), 'kvorum-sim-'));
  try {
    let connections: Connections | undefined;
    const world: World = new World({
      plan,
      folder,
      trace: options.trace ?? {},
      observers: (made) => {
        connections = new Connections(made);
        return [connections, ...(options.observers?.(made) ?? [])];
      },
    });
    if (connections !== undefined) live(world, connections);
    for (const machine of world.nodes) machine.die('crash');
    // Closes what the processes had open, before the files go.
    drainMicrotasks();
    return result(world);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function live(world: World, connections: Connections): void {
  const { plan } = world;
  const injector = new FaultInjector(world);
  const clients = plan.clients.map((client) => new Client(world, connections, client));
  for (const machine of world.nodes) machine.start();
  writeColdKeys(world, connections);
  const notes = new ClusterNotes(world);
  for (const client of clients) client.start();
  notes.start();
  injector.start();
  if (!world.run(plan.durationMs)) return;
  for (const client of clients) client.stop();
  notes.stop();
  injector.endAll();
  if (!converge(world, connections)) return;
  notes.verify();
  world.hooks.finished();
}

/** Rows that nobody reads; whatever becomes of the writes. */
function writeColdKeys(world: World, connections: Connections): void {
  const rest = { condition: {}, maxStalenessMs: undefined, timeoutMs: coldMs };
  for (const [i, key] of world.map.shards.flatMap(coldKeys).entries()) {
    const put = { ...rest, kind: 'put' as const, key, value: `cold.${i}` };
    world.time.after(coldMs, () => connections.send(0, 1, put, () => {}));
  }
}

function result(world: World): RunResult {
  const { plan, violation, coverage, time, trace } = world;
  return {
    plan,
    violation,
    counts: coverage.counts,
    events: time.events,
    virtualMs: time.nowMs,
    digest: trace.digest,
    traceHash: trace.hash(),
    traceLines: trace.lines,
    lastLines: trace.kept,
  };
}

/** SQLite's files live in memory where that is possible: nothing of them must last. */
function memoryFolder(): string {
  return fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
}
