/** SQLite stores for tests: real ones, and such where nothing happens between two lines. */
import fs from 'node:fs';
import path from 'node:path';
import type { Test } from 'tap';
import { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import type { SqliteStoreOptions } from '../../../src/kv/store/sqlite-store-options.js';
import type { Command } from '../../../src/kv/store/types.js';
import { births, entry, testHash } from './commands.js';
import { InlineWorker } from './inline-worker.js';
import { ManualClock } from './manual-clock.js';

const cluster = 'test-cluster';
const folders = new WeakMap<Test, string>();

/** A new folder each time; `t.testdir()` is one folder, made anew. */
export function newFolder(t: Test): string {
  const folder = folders.get(t) ?? t.testdir();
  folders.set(t, folder);
  return fs.mkdtempSync(path.join(folder, 'store-'));
}

export function sqliteStore(dir: string, more: Partial<SqliteStoreOptions> = {}): SqliteStore {
  return new SqliteStore({ dir, hash: testHash, cluster, ...more });
}

/** Everything on the loop and under our hand: nothing happens between two lines of a test. */
export function stillStore(dir: string, more: Partial<SqliteStoreOptions> = {}) {
  const clock = new ManualClock();
  const worker = new InlineWorker();
  return { clock, worker, store: sqliteStore(dir, { clock, worker, ...more }) };
}

export async function opened(t: Test, more: Partial<SqliteStoreOptions> = {}) {
  const dir = t.testdir();
  const still = stillStore(dir, more);
  await still.store.open();
  t.teardown(() => still.store.close().catch(() => {}));
  still.store.createShards(births(1));
  return { dir, ...still };
}

export function applyOne(store: SqliteStore, command: Command) {
  const entries = [entry(store.applied(1) + 1, command)];
  return store.apply([{ group: 1, entries }])[0]?.[0];
}

export function read(store: SqliteStore, key: string): string | undefined {
  const bytes = Buffer.from(key);
  return store.get(1, testHash(bytes), bytes)?.value.toString();
}
