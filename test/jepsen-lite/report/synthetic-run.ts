/**
 * A run's folder without a run: clients on keys with revisions, faults, leaders, and on demand a
 * read of an old value. The verdict is the checker's own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../../jepsen-lite/checker/index.js';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';
import { saveCase } from '../../../jepsen-lite/shrink/save-case.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';

export interface SyntheticRun {
  readonly operations: number;
  readonly clients?: number;
  readonly keys?: number;
  /** Whether one read, in the middle, finds a value that had been replaced before it began. */
  readonly broken: boolean;
}

export interface MadeRun {
  readonly events: readonly HistoryEvent[];
  /** Number of the planted read, if there is one. */
  readonly planted: number | undefined;
}

/** One event per step; each operation takes effect when it is answered. */
export function makeRun({ operations, clients = 8, keys = 12, broken }: SyntheticRun): MadeRun {
  const random = new RandomStream(7);
  const events: HistoryEvent[] = [];
  const values = new Map<string, string[]>();
  const open = new Map<number, { key: string; f: string; value?: string; number: number }>();
  const processes = Array.from({ length: clients }, (_, i) => i);
  let timeNs = 0;
  let called = 0;
  let planted: number | undefined;
  const add = (event: Omit<HistoryEvent, 'timeNs'>) => events.push({ ...event, timeNs });
  for (let step = 0; called < operations || open.size > 0; step += 1) {
    timeNs += 40_000 + random.below(400_000);
    addWeather(events, step, timeNs, operations);
    const client = random.below(clients);
    const process = processes[client] ?? 0;
    const mine = open.get(client);
    const node = `n${1 + (client % 5)}`;
    if (mine === undefined) {
      if (called >= operations) continue;
      const f = random.below(3) === 0 ? 'put' : 'get';
      const key = `kv.key-${random.below(keys)}`;
      const made = { f, key, number: called, ...(f === 'put' && { value: `v${called}` }) };
      open.set(client, made);
      add({ type: 'invoke', process, ...(f === 'put' ? pick(made) : { f, key }) });
      called += 1;
      continue;
    }
    open.delete(client);
    const { f, key } = mine;
    const past = values.get(key) ?? [];
    const chance = random.below(200);
    if (chance === 0) {
      add({ type: 'info', process, f, key, node, error: 'timed out after 1000 ms' });
      processes[client] = process + clients;
    } else if (chance === 1) add({ type: 'fail', process, f, key, node, error: '503 no leader' });
    else if (f === 'put') {
      past.push(mine.value ?? '');
      values.set(key, past);
      add({ type: 'ok', process, f, key, node });
    } else {
      const isOld = broken && planted === undefined && mine.number > operations / 2;
      const old = past.length > 8 ? past.at(-8) : undefined;
      if (isOld && old !== undefined) planted = mine.number;
      const value = (isOld ? old : undefined) ?? past.at(-1) ?? null;
      add({ type: 'ok', process, f, key, value, node });
    }
  }
  return { events, planted };
}

function pick({ f, key, value }: { f: string; key: string; value?: string }) {
  return value === undefined ? { f, key } : { f, key, value };
}

const weather = [
  ['partition', 'n1, n2 | n3, n4, n5'],
  ['kill', 'SIGKILL to n3'],
  ['pause', 'SIGSTOP to n1'],
] as const;

/** Faults in turn, each a tenth of the run apart, and leaders that change with them. */
function addWeather(events: HistoryEvent[], step: number, timeNs: number, operations: number) {
  const every = Math.max(20, Math.floor(operations / 5));
  const round = Math.floor(step / every);
  const [f, what] = weather[round % weather.length] ?? weather[0];
  const nemesis = { process: 'nemesis', timeNs, f } as const;
  const at = step % every;
  if (step === 0 || at === Math.floor(every / 3)) {
    for (const shard of [1, 2, 3]) {
      const value = { shard, leader: 1 + ((round + shard) % 5), term: 2 + round };
      events.push({ ...nemesis, type: 'info', f: 'leader', value });
    }
  }
  if (at === Math.floor(every / 4)) events.push({ ...nemesis, type: 'invoke', value: what });
  if (at === Math.floor(every / 4) + 3) {
    events.push({ ...nemesis, type: 'info', value: { verified: round !== 4 } });
  }
  if (at === Math.floor(every / 2)) {
    events.push({ ...nemesis, type: 'info', value: { stopped: `${f} ended` } });
  }
}

/** Returns the planted read's number. */
export function writeRun(folder: string, options: SyntheticRun): MadeRun {
  const made = makeRun(options);
  const clients = options.clients ?? 8;
  const operations = pair(made.events);
  const verdict = check(operations, { model: 'kv', events: made.events, timeMs: 60_000 });
  mkdirSync(folder, { recursive: true });
  const lines = made.events.map((event) => `${JSON.stringify(event)}\n`);
  writeFileSync(join(folder, 'history.jsonl'), lines.join(''));
  const culprits = new Set(verdict.culprits);
  const part = operations.filter(({ number }) => culprits.has(number));
  saveCase({ name: 'kv', model: 'kv' }, part, join(folder, 'shrunk-kv.jsonl'));
  const nodes = made.events
    .filter(({ f }) => f === 'leader')
    .map(({ timeNs }) => ({ timeNs, node: 'n2', answers: true, replicas: [replica(timeNs)] }));
  const nodeLines = nodes.map((node) => `${JSON.stringify(node)}\n`);
  writeFileSync(join(folder, 'nodes.jsonl'), nodeLines.join(''));
  const mine = Array.from({ length: clients }, (_, i) => i);
  writeJson(folder, 'config.json', {
    kind: 'run',
    seed: 7,
    clients,
    workloads: [{ name: 'kv', model: 'kv', clients: mine }],
  });
  writeJson(folder, 'results.json', {
    seed: 7,
    command: 'jepsen-lite run --start 5 --time 60s',
    startedAt: '2026-03-01T10:00:00.000Z',
    endedAt: '2026-03-01T10:01:00.000Z',
    workloads: [{ name: 'kv', verdict }],
    faults: [
      { name: 'partition', count: 2, verified: 1 },
      { name: 'kill', count: 2, verified: 2 },
      { name: 'pause', count: 1, verified: 1 },
    ],
    recovery: { p50Ms: 410, maxMs: 1302, converged: true },
    exit: { valid: 0, invalid: 1, unknown: 2 }[verdict.validity],
  });
  return made;
}

function replica(commit: number) {
  return { shard: 1, role: 'leader', term: 2, commit, range: 1, members: 1 };
}

function writeJson(folder: string, name: string, content: object): void {
  writeFileSync(join(folder, name), JSON.stringify(content));
}
