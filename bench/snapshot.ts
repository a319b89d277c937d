/**
 * What a snapshot costs the node that makes it and the node that installs it: time, and the longest
 * time that the event loop stood still, beside a run of puts to another shard of the same node.
 * Results and reasons are in `src/kv/store/DESIGN.md`.
 *
 *   node build/bench/snapshot.js [--megabytes 1024] [--value 1024] [--puts 5000] [--dir <folder>]
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import xxhash from 'xxhash-wasm';
import { encodeCommand } from '../src/kv/store/command.js';
import { SqliteStore } from '../src/kv/store/sqlite-store.js';
import { type Entry, EntryKind, type GroupId } from '../src/raft/core/types.js';

const entriesPerTurn = 64;
const chunkBytes = 256 * 1024;
const besideKeys = 20_000;

const { values: flags } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1024' },
    value: { type: 'string', default: '1024' },
    puts: { type: 'string', default: '5000' },
    dir: { type: 'string' },
  },
});

const { h32Raw } = await xxhash();
const hash = (key: Buffer): number => h32Raw(key, 0) >>> 0;
/** The shard that is copied has nearly everything, the one beside it takes the puts. */
const border = 2 ** 31;
const copied: GroupId = 1;
const beside: GroupId = 2;

class Bench {
  readonly store: SqliteStore;
  readonly #dir = fs.mkdtempSync(path.join(flags.dir ?? os.tmpdir(), 'kvorum-bench-snapshot-'));
  readonly #index = new Map<GroupId, number>();
  #keysBeside: Buffer[] = [];

  constructor() {
    this.store = new SqliteStore({ dir: this.#dir, hash, cluster: 'bench' });
    this.store.onFailure = (error) => {
      throw error;
    };
  }

  async open(groups: readonly GroupId[]): Promise<void> {
    await this.store.open();
    const epoch = { range: 1, members: 1 };
    const ranges = {
      [copied]: { start: 0, end: border },
      [beside]: { start: border, end: 2 ** 32 },
    };
    for (const group of groups) {
      const range = ranges[group] ?? { start: 0, end: 2 ** 32 };
      this.store.createShards([{ group, range, epoch, revision: 0, applied: 0 }]);
    }
    this.#keysBeside = [...keysOf(besideKeys, (place) => place >= border)];
  }

  async fill(keys: number, valueBytes: number): Promise<void> {
    const value = Buffer.alloc(valueBytes, 'kvorum ');
    let batch: Buffer[] = [];
    for (const key of keysOf(keys, (place) => place < border)) {
      batch.push(key);
      if (batch.length < entriesPerTurn) continue;
      this.put(copied, batch, value);
      batch = [];
      await this.turn();
    }
    if (batch.length > 0) this.put(copied, batch, value);
    while (this.store.durable(copied) < this.store.applied(copied)) await nextTurn();
  }

  put(group: GroupId, keys: readonly Buffer[], value: Buffer): void {
    const entries = keys.map((key): Entry => {
      const index = (this.#index.get(group) ?? 0) + 1;
      this.#index.set(group, index);
      const data = encodeCommand({
        type: 'put',
        key,
        condition: {},
        rangeEpoch: 1,
        timeMs: index,
        value,
        contentType: '',
        expiresMs: 0,
      });
      return { index, term: 1, kind: EntryKind.command, data };
    });
    this.store.apply([{ group, entries }]);
  }

  async turn(): Promise<void> {
    await nextTurn();
    while (this.store.held) await nextTurn();
  }

  /** Runs the work, puts beside it, and tells how long the loop stood still at most. */
  async beside<T>(name: string, work: () => Promise<T>): Promise<T> {
    const putsPerSecond = Number(flags.puts);
    const value = Buffer.alloc(256, 'kvorum ');
    const before = this.store.statistics;
    const gaps = new Gaps();
    let running = true;
    const startMs = performance.now();
    const done = work().finally(() => {
      running = false;
    });
    let puts = 0;
    let logBytesMax = 0;
    let secondPuts = 0;
    let secondMs = startMs;
    let worstSecond = Number.POSITIVE_INFINITY;
    while (running) {
      await nextTurn();
      const nowMs = performance.now();
      gaps.pass();
      logBytesMax = Math.max(logBytesMax, this.store.statistics.walBytes);
      if (nowMs - secondMs >= 1000) {
        worstSecond = Math.min(worstSecond, secondPuts);
        secondMs = nowMs;
        secondPuts = 0;
      }
      if (this.store.held || puts > ((nowMs - startMs) / 1000) * putsPerSecond) continue;
      const keys = Array.from({ length: entriesPerTurn }, () => this.#anyKey());
      this.put(beside, keys, value);
      puts += keys.length;
      secondPuts += keys.length;
    }
    const seconds = (performance.now() - startMs) / 1000;
    const after = this.store.statistics;
    const rss = Math.round(process.memoryUsage().rss / 1e6);
    console.log(
      `${name}: ${seconds.toFixed(1)} s, ${Math.round(puts / seconds)} puts/s beside, ` +
        `${worstSecond} in the worst second; holds ${after.holds - before.holds}, ` +
        `${(after.holdMsTotal - before.holdMsTotal).toFixed(0)} ms in all; ` +
        `log at most ${Math.round(logBytesMax / 1e6)} MB, rss ${rss} MB\n` +
        `  longest gaps of the loop in ms: ${gaps.words}`,
    );
    return await done;
  }

  async close(): Promise<void> {
    await this.store.close();
    fs.rmSync(this.#dir, { recursive: true });
  }

  #anyKey(): Buffer {
    const key = this.#keysBeside[Math.floor(Math.random() * besideKeys)];
    if (key === undefined) throw new Error('there are keys');
    return key;
  }
}

function* keysOf(count: number, wanted: (place: number) => boolean): Generator<Buffer> {
  for (let number = 0, found = 0; found < count; number += 1) {
    const key = Buffer.from(`user:${number}:profile`);
    if (!wanted(hash(key))) continue;
    found += 1;
    yield key;
  }
}

interface Gap {
  readonly ms: number;
  /** Of it: the time that this thread ran, and that it was ready but another had the core. */
  readonly ranMs: number;
  readonly queuedMs: number;
}

/** The longest times between two passes of the loop, and where they went. */
class Gaps {
  longest: Gap[] = [];
  readonly #descriptor = fs.openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  readonly #buffer = Buffer.alloc(100);
  #last = this.#now();

  pass(): void {
    const now = this.#now();
    const gap = {
      ms: now.ms - this.#last.ms,
      ranMs: now.ranMs - this.#last.ranMs,
      queuedMs: now.queuedMs - this.#last.queuedMs,
    };
    this.#last = now;
    if (gap.ms <= (this.longest[4]?.ms ?? 0)) return;
    this.longest = [...this.longest, gap].sort((a, b) => b.ms - a.ms).slice(0, 5);
  }

  get words(): string {
    fs.closeSync(this.#descriptor);
    const words = this.longest.map(({ ms, ranMs, queuedMs }) => {
      return `${ms.toFixed(1)} (ran ${ranMs.toFixed(1)}, queued ${queuedMs.toFixed(1)})`;
    });
    return words.join(', ');
  }

  #now(): Gap {
    const length = fs.readSync(this.#descriptor, this.#buffer, 0, 100, 0);
    const [ran = 0, queued = 0] = this.#buffer.toString('latin1', 0, length).split(' ').map(Number);
    return { ms: performance.now(), ranMs: ran / 1e6, queuedMs: queued / 1e6 };
  }
}

const valueBytes = Number(flags.value);
const keys = Math.round((Number(flags.megabytes) * 2 ** 20) / (valueBytes + 25));
const [from, to] = [new Bench(), new Bench()];
await from.open([copied, beside]);
await to.open([beside]);
console.log(`${keys} keys with values of ${valueBytes} B, ${flags.puts} puts/s beside`);
await from.fill(keys, valueBytes);
await from.beside('nothing', () => new Promise((resolve) => setTimeout(resolve, 5000)));
const snapshot = await from.beside('make', () => from.store.snapshots.make(copied));
console.log(`the file has ${Math.round(snapshot.bytes / 1e6)} MB`);
await from.beside('after it', () => new Promise((resolve) => setTimeout(resolve, 5000)));
await to.beside('receive', async () => {
  const sink = await to.store.snapshots.receive(copied, snapshot);
  for (let offset = 0; offset < snapshot.bytes; offset += chunkBytes) {
    await sink.write(offset, await from.store.snapshots.read(copied, snapshot, offset, chunkBytes));
  }
  await sink.finish();
});
await to.beside('install', () => to.store.snapshots.install(copied, snapshot));
if (to.store.stateHash(copied) !== from.store.stateHash(copied)) throw new Error('not the same');
await to.beside('drop', () => to.store.snapshots.drop(copied));
await from.close();
await to.close();
