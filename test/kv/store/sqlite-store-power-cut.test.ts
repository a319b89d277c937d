/**
 * The argument of DESIGN.md, "Durable applied index", tried out: what a power cut may leave is the
 * files as last synced, with any part of what was written since. Whatever it leaves must open, be
 * of one moment, and hold at least what was called durable.
 */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { frameBytes, pageBytes } from '../../../src/kv/store/schema.js';
import { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import { births, entry, put, testHash } from './commands.js';
import { InlineWorker } from './inline-worker.js';
import { ManualClock, settled } from './manual-clock.js';

const walHeaderBytes = 32;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** The two files as the last sync of each left them on the disk. */
class SyncedFiles {
  readonly #file: string;
  #database: Buffer = Buffer.alloc(0);
  #wal: Buffer = Buffer.alloc(0);
  restarts = 0;

  constructor(file: string) {
    this.#file = file;
  }

  syncAll(): void {
    this.syncDatabase();
    this.syncWal();
  }

  syncDatabase(): void {
    this.#database = fs.readFileSync(this.#file);
  }

  syncWal(): void {
    this.#wal = fs.readFileSync(`${this.#file}-wal`);
  }

  /** SQLite syncs the new header before it writes the first frame over an old one. */
  noticeRestart(): void {
    const header = fs.readFileSync(`${this.#file}-wal`).subarray(0, walHeaderBytes);
    if (header.equals(this.#wal.subarray(0, walHeaderBytes))) return;
    this.restarts += 1;
    const synced = Buffer.from(this.#wal);
    header.copy(synced);
    this.#wal = synced;
  }

  /** Each unsynced page arrived, or did not. */
  cut(folder: string, random: (below: number) => number): void {
    fs.mkdirSync(folder);
    const database = fs.readFileSync(this.#file);
    const wal = fs.readFileSync(`${this.#file}-wal`);
    const to = path.join(folder, 'state.db');
    fs.writeFileSync(to, mixed(this.#database, database, random));
    fs.writeFileSync(`${to}-wal`, mixed(this.#wal, wal, random));
  }
}

t.test(`a power cut at any step, seed ${seed}`, async (t) => {
  const dir = t.testdir();
  const random = generator(seed);
  const disk = new SyncedFiles(path.join(dir, 'live', 'state.db'));
  const worker = new InlineWorker();
  const clock = new ManualClock();
  const limits = { checkpointFrames: 12, walBytesMax: 40 * frameBytes, restFramesMax: 4 };
  const store = openable(path.join(dir, 'live'), { worker, clock, limits });
  await store.open();
  store.createShards(births(1));
  disk.syncAll();
  let index = 0;
  const write = () => {
    index += 2;
    const value = Buffer.alloc(random(6000), index);
    store.apply([
      {
        group: 1,
        entries: [
          entry(index - 1, put(`key ${random(30)}`, value)),
          entry(index, put('counter', `${index}`)),
        ],
      },
    ]);
    disk.noticeRestart();
  };
  worker.before = (step) => {
    // A checkpoint begins with a sync of the log.
    if (step === 'checkpoint') disk.syncWal();
  };
  worker.after = (step, state) => {
    if (step === 'syncWal') disk.syncWal();
    if (step === 'syncDatabase') disk.syncDatabase();
    if (step === 'checkpoint' && state?.log === state?.checkpointed) disk.syncDatabase();
    if (step !== 'finish' && !store.held && random(2) === 0) write();
  };
  let cuts = 0;
  for (let turn = 0; turn < 250; turn += 1) {
    write();
    if (random(3) === 0) clock.next();
    await settled();
    if (random(4) !== 0) continue;
    cuts += 1;
    const folder = path.join(dir, `cut-${cuts}`);
    disk.cut(folder, random);
    await check(folder, { durable: store.durable(1), applied: store.applied(1) });
    fs.rmSync(folder, { recursive: true });
  }
  t.ok(cuts > 20 && store.statistics.holds > 0, `${cuts} cuts, ${store.statistics.holds} holds`);
  t.ok(disk.restarts > 3, `${disk.restarts} restarts of the log`);
  await store.close();

  async function check(folder: string, at: { durable: number; applied: number }): Promise<void> {
    const left = openable(folder, { worker: new InlineWorker(), clock: new ManualClock() });
    await left.open();
    const applied = left.applied(1);
    const counter = Buffer.from('counter');
    const value = left.get(1, testHash(counter), counter)?.value.toString() ?? '0';
    const fits = applied >= at.durable && applied <= at.applied && value === `${applied}`;
    if (!fits) t.fail(`cut ${cuts}: applied ${applied}, counter ${value}`, at);
    left.count(1);
    await left.close();
  }
});

function openable(
  dir: string,
  more: { worker: InlineWorker; clock: ManualClock; limits?: object },
): SqliteStore {
  return new SqliteStore({ dir, hash: testHash, cluster: 'c', ...more });
}

function mixed(synced: Buffer, written: Buffer, random: (below: number) => number): Buffer {
  // The new length may have arrived or not; what lies between is zeros then.
  const length = random(2) === 0 ? synced.length : written.length;
  const out = Buffer.alloc(length);
  synced.copy(out);
  const likely = 1 + random(4);
  for (let at = 0; at < length; at += pageBytes) {
    if (random(likely) === 0) written.copy(out, at, at, Math.min(at + pageBytes, length));
  }
  return out;
}

function generator(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
