/**
 * What the store costs: microseconds per put and get, bytes per key, size of SQLite's log and time
 * the writer is held. Results and reasons are in `src/kv/store/DESIGN.md`.
 *
 *   node build/bench/store.js [--keys 10000,1000000] [--values 256,1024] [--rounds 5]
 *   node build/bench/store.js --soak <seconds> [--keys 100000] [--values 256]
 *   ... [--cache <MiB>] [--dir <folder>]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import xxhash from 'xxhash-wasm';
import { encodeCommand } from '../src/kv/store/command.js';
import { SqliteStore } from '../src/kv/store/sqlite-store.js';
import { type Entry, EntryKind } from '../src/raft/core/types.js';

const entriesPerTurn = 64;
const pacedPutsPerSecond = 10_000;
const pacedSeconds = 8;
const roundSeconds = 3;
const getsPerRound = 50_000;

const { values: flags } = parseArgs({
  options: {
    keys: { type: 'string' },
    values: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    soak: { type: 'string' },
    cache: { type: 'string' },
    dir: { type: 'string' },
  },
});

const { h32Raw } = await xxhash();
const hash = (key: Buffer): number => h32Raw(key, 0) >>> 0;

async function measureAll(): Promise<void> {
  const header = [
    'keys',
    'value B',
    'new us',
    'put us (min-max)',
    'get us (min-max)',
    'miss us',
    'B/key',
    'put/s flat out',
    'holds',
    'hold ms mean / max',
    'log MB',
    'holds at 10k/s',
    'hold ms mean / max',
    'loop gap ms',
  ];
  console.log(`| ${header.join(' | ')} |\n|${header.map(() => ' --- |').join('')}`);
  for (const keys of numbers(flags.keys ?? '10000,1000000')) {
    for (const valueBytes of numbers(flags.values ?? '256,1024')) {
      console.log(`| ${(await measure(keys, valueBytes)).join(' | ')} |`);
    }
  }
}

async function measure(keys: number, valueBytes: number): Promise<(string | number)[]> {
  const bench = await Bench.open(keys, valueBytes);
  const fillUs = await bench.fill();
  await bench.quiet();
  const bytesPerKey = Math.round(bench.store.statistics.databaseBytes / keys);
  const puts: number[] = [];
  const perSecond: number[] = [];
  const gets: number[] = [];
  const misses: number[] = [];
  const before = bench.store.statistics;
  let logBytes = 0;
  let holdMsMax = 0;
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    const flatOut = await bench.write({ seconds: roundSeconds, putsPerSecond: 0 });
    puts.push(flatOut.usPerPut);
    perSecond.push(flatOut.putsPerSecond);
    logBytes = Math.max(logBytes, flatOut.logBytesMax);
    holdMsMax = Math.max(holdMsMax, flatOut.holdMsMax);
    gets.push(bench.read(0));
    misses.push(bench.read(keys));
  }
  const after = bench.store.statistics;
  const holds = after.holds - before.holds;
  const holdMs = (after.holdMsTotal - before.holdMsTotal) / Math.max(1, holds);
  await bench.quiet();
  const paced = await bench.write({ seconds: pacedSeconds, putsPerSecond: pacedPutsPerSecond });
  await bench.close();
  return [
    keys,
    valueBytes,
    fillUs.toFixed(1),
    spread(puts),
    spread(gets),
    median(misses).toFixed(1),
    bytesPerKey,
    Math.round(median(perSecond)),
    holds,
    `${holdMs.toFixed(1)} / ${holdMsMax.toFixed(1)}`,
    Math.round(logBytes / 1e6),
    paced.holds,
    `${paced.holdMsMean.toFixed(1)} / ${paced.holdMsMax.toFixed(1)}`,
    paced.gapMsMax.toFixed(0),
  ];
}

/** Writes flat out and tells how large SQLite's log became. Must not grow with the time. */
async function soak(seconds: number): Promise<void> {
  const [keys = 0] = numbers(flags.keys ?? '100000');
  const [valueBytes = 0] = numbers(flags.values ?? '256');
  const bench = await Bench.open(keys, valueBytes);
  await bench.fill();
  let logBytesMax = 0;
  let gapMsMax = 0;
  let puts = 0;
  const parts = Math.max(1, Math.round(seconds / 10));
  for (let part = 1; part <= parts; part += 1) {
    const now = await bench.write({ seconds: seconds / parts, putsPerSecond: 0 });
    logBytesMax = Math.max(logBytesMax, now.logBytesMax);
    gapMsMax = Math.max(gapMsMax, now.gapMsMax);
    puts += now.puts;
    const { holds, holdMsTotal, holdMsMax, walBytes } = bench.store.statistics;
    const hold = `${(holdMsTotal / Math.max(1, holds)).toFixed(1)} / ${holdMsMax.toFixed(1)} ms`;
    const rss = Math.round(process.memoryUsage().rss / 1e6);
    console.log(
      `${Math.round((part * seconds) / parts)} s: ${Math.round(now.putsPerSecond)} puts/s, ` +
        `log ${Math.round(walBytes / 1e6)} MB, ${holds} holds of ${hold}, rss ${rss} MB`,
    );
  }
  const { holds, holdMsTotal, holdMsMax, checkpoints } = bench.store.statistics;
  console.log(
    JSON.stringify({
      seconds,
      puts,
      logBytesMax,
      holds,
      holdMsMean: holdMsTotal / Math.max(1, holds),
      holdMsMax,
      heldShare: holdMsTotal / (seconds * 1000),
      checkpoints,
      gapMsMax,
    }),
  );
  await bench.close();
}

class Bench {
  readonly store: SqliteStore;
  readonly #dir: string;
  readonly #keys: number;
  readonly #value: Buffer;
  #random = 12345;
  #index = 0;
  #holdMsMax = 0;
  #progress: () => void = () => {};

  constructor(store: SqliteStore, dir: string, size: { keys: number; valueBytes: number }) {
    this.store = store;
    this.#dir = dir;
    this.#keys = size.keys;
    this.#value = Buffer.alloc(size.valueBytes, 'kvorum ');
    store.onProgress = () => this.#progress();
    store.onFailure = (error) => {
      throw error;
    };
  }

  static async open(keys: number, valueBytes: number): Promise<Bench> {
    const dir = fs.mkdtempSync(path.join(flags.dir ?? os.tmpdir(), 'kvorum-bench-store-'));
    const cacheBytesMax = Number(flags.cache ?? 0) * 1024 * 1024;
    const store = new SqliteStore({
      dir,
      hash,
      cluster: 'bench',
      ...(cacheBytesMax === 0 ? {} : { cacheBytesMax }),
    });
    await store.open();
    const range = { start: 0, end: 2 ** 32 };
    const birth = { group: 1, range, epoch: { range: 1, members: 1 }, revision: 0, applied: 0 };
    store.createShards([birth]);
    return new Bench(store, dir, { keys, valueBytes });
  }

  /** Every key once, in no order of the hash. Microseconds per new key. */
  async fill(): Promise<number> {
    let spentMs = 0;
    for (let key = 0; key < this.#keys; key += entriesPerTurn) {
      const size = Math.min(entriesPerTurn, this.#keys - key);
      spentMs += this.#apply(Array.from({ length: size }, (_, at) => key + at));
      await this.#turn();
    }
    return (spentMs * 1000) / this.#keys;
  }

  /** Overwrites random keys, flat out when no rate is given. */
  async write(how: { seconds: number; putsPerSecond: number }) {
    const before = this.store.statistics;
    this.#holdMsMax = 0;
    const startMs = performance.now();
    let lastMs = startMs;
    let puts = 0;
    let applyMs = 0;
    let gapMsMax = 0;
    let logBytesMax = 0;
    while (lastMs - startMs < how.seconds * 1000) {
      const due = how.putsPerSecond === 0 ? puts : ((lastMs - startMs) / 1000) * how.putsPerSecond;
      if (puts <= due) {
        applyMs += this.#apply(Array.from({ length: entriesPerTurn }, () => this.#randomKey()));
        puts += entriesPerTurn;
      }
      await this.#turn();
      const nowMs = performance.now();
      gapMsMax = Math.max(gapMsMax, nowMs - lastMs);
      lastMs = nowMs;
      logBytesMax = Math.max(logBytesMax, this.store.statistics.walBytes);
    }
    const after = this.store.statistics;
    const holds = after.holds - before.holds;
    return {
      puts,
      usPerPut: (applyMs * 1000) / puts,
      putsPerSecond: puts / ((lastMs - startMs) / 1000),
      holds,
      holdMsMean: (after.holdMsTotal - before.holdMsTotal) / Math.max(1, holds),
      holdMsMax: this.#holdMsMax,
      gapMsMax,
      logBytesMax,
    };
  }

  /** Microseconds per get of random keys, `offset` beyond those that exist. */
  read(offset: number): number {
    let spentMs = 0;
    for (let at = 0; at < getsPerRound; at += 1) {
      const key = keyOf(this.#randomKey() + offset);
      const place = hash(key);
      const startMs = performance.now();
      const found = this.store.get(1, place, key);
      spentMs += performance.now() - startMs;
      if ((found === undefined) !== offset > 0) throw new Error(`${key} is not as it was written`);
    }
    return (spentMs * 1000) / getsPerRound;
  }

  async quiet(): Promise<void> {
    while (this.store.durable(1) < this.store.applied(1)) await sleep(20);
    await sleep(300);
  }

  async close(): Promise<void> {
    await this.store.close();
    fs.rmSync(this.#dir, { recursive: true });
  }

  #apply(keys: readonly number[]): number {
    const entries = keys.map((key): Entry => {
      this.#index += 1;
      const data = encodeCommand({
        type: 'put',
        key: keyOf(key),
        condition: {},
        rangeEpoch: 1,
        timeMs: this.#index,
        value: this.#value,
        contentType: '',
        expiresMs: 0,
      });
      return { index: this.#index, term: 1, kind: EntryKind.command, data };
    });
    const startMs = performance.now();
    this.store.apply([{ group: 1, entries }]);
    return performance.now() - startMs;
  }

  async #turn(): Promise<void> {
    await nextTurn();
    if (!this.store.held) return;
    const startMs = performance.now();
    while (this.store.held) {
      await new Promise<void>((resolve) => {
        this.#progress = resolve;
      });
    }
    this.#holdMsMax = Math.max(this.#holdMsMax, performance.now() - startMs);
  }

  #randomKey(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#random / 2 ** 32) * this.#keys);
  }
}

function keyOf(number: number): Buffer {
  return Buffer.from(`user:${number}:profile`);
}

function numbers(list: string): number[] {
  return list.split(',').map(Number);
}

function median(of: readonly number[]): number {
  return [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)] ?? Number.NaN;
}

function spread(of: readonly number[]): string {
  return `${median(of).toFixed(1)} (${Math.min(...of).toFixed(1)}-${Math.max(...of).toFixed(1)})`;
}

if (flags.soak === undefined) await measureAll();
else await soak(Number(flags.soak));
