import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { frameBytes } from '../../../src/kv/store/schema.js';
import { SqliteStore, type SqliteStoreOptions } from '../../../src/kv/store/sqlite-store.js';
import type { StoreAction } from '../../../src/kv/store/store-faults.js';
import type { Command, Condition } from '../../../src/kv/store/types.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { EntryKind } from '../../../src/raft/core/types.js';
import { storeContract } from '../../contracts/store.js';
import { births, emptyEntry, entry, put, remove, testHash } from './commands.js';
import { InlineWorker } from './inline-worker.js';
import { ManualClock, settled } from './manual-clock.js';
import { ModelStore } from './model-store.js';

const cluster = 'test-cluster';

function sqliteStore(dir: string, more: Partial<SqliteStoreOptions> = {}): SqliteStore {
  return new SqliteStore({ dir, hash: testHash, cluster, ...more });
}

/** Everything on the loop and under our hand: nothing happens between two lines of a test. */
function stillStore(dir: string, more: Partial<SqliteStoreOptions> = {}) {
  const clock = new ManualClock();
  const worker = new InlineWorker();
  return { clock, worker, store: sqliteStore(dir, { clock, worker, ...more }) };
}

async function opened(t: Test, more: Partial<SqliteStoreOptions> = {}) {
  const dir = t.testdir();
  const still = stillStore(dir, more);
  await still.store.open();
  t.teardown(() => still.store.close().catch(() => {}));
  still.store.createShards(births(1));
  return { dir, ...still };
}

function applyOne(store: SqliteStore, command: Command) {
  const entries = [entry(store.applied(1) + 1, command)];
  return store.apply([{ group: 1, entries }])[0]?.[0];
}

function read(store: SqliteStore, key: string): string | undefined {
  const bytes = Buffer.from(key);
  return store.get(1, testHash(bytes), bytes)?.value.toString();
}

storeContract(t, (t) => sqliteStore(t.testdir()));

t.test('what was applied is there after a restart, and is durable', async (t) => {
  const dir = t.testdir();
  const first = sqliteStore(dir);
  await first.open();
  first.createShards(births(3));
  for (let index = 1; index <= 20; index += 1) {
    first.apply([{ group: 2, entries: [emptyEntry(index)] }]);
  }
  const before = first.shards();
  await first.close();
  t.same(fs.readdirSync(dir), ['state.db'], 'the final checkpoint leaves no log behind');
  const second = sqliteStore(dir);
  await second.open();
  t.same(second.shards(), before);
  t.equal(second.durable(2), 20);
  await second.close();
});

t.test('durable follows applied by itself, and progress is told', async (t) => {
  const store = sqliteStore(t.testdir());
  await store.open();
  store.createShards(births(1));
  t.equal(store.durable(1), 0);
  t.ok(store.statistics.databaseBytes > 0);
  const progress = new Promise<void>((resolve) => {
    store.onProgress = resolve;
  });
  applyOne(store, put('a', '1'));
  t.equal(store.applied(1), 1);
  t.equal(store.durable(1), 0, 'not before a sync');
  await progress;
  t.equal(store.durable(1), 1);
  await store.close();
});

t.test('random commands over many groups: as the model has it, also after restarts', async (t) => {
  const groups = 4;
  const match = fc.constantFrom(undefined, '*' as const, 1, 2, 3, 5, 8);
  const command = fc.record({
    group: fc.integer({ min: 1, max: groups }),
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', '{t}1', '{t}2', '{t}3', '{t}4', '{u}1', '{u}2'),
    type: fc.constantFrom('put', 'put', 'put', 'delete', 'empty', 'configuration'),
    ifMatch: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, match),
    ifNoneMatch: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, match),
    rangeEpoch: fc.constantFrom(1, 1, 1, 1, 1, 2),
    timeMs: fc.integer({ min: 0, max: 100 }),
    expiresMs: fc.constantFrom(0, 0, 20, 50, 90),
    value: fc.string({ maxLength: 5 }),
    anyGroup: fc.constantFrom(false, false, false, false, true),
  });
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.array(command, { minLength: 1, maxLength: 8 }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  const dir = t.testdir();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      run += 1;
      const folder = path.join(dir, `${run}`);
      const model = new ModelStore(testHash);
      let { store } = stillStore(folder);
      await store.open();
      for (const one of [model, store]) one.createShards(births(groups));
      for (const now of steps) {
        if (now === 'restart') {
          await store.close();
          ({ store } = stillStore(folder));
          await store.open();
          continue;
        }
        const work = toWork(now, model);
        const expected = model.apply(work);
        const actual = store.apply(work);
        if (JSON.stringify(actual) !== JSON.stringify(expected)) t.same(actual, expected);
      }
      const same = sameContents(t, store, model);
      await store.close();
      return same;
    }),
    { numRuns: 60 },
  );
});

interface RandomCommand {
  readonly group: number;
  readonly key: string;
  readonly type: string;
  readonly ifMatch: '*' | number | undefined;
  readonly ifNoneMatch: '*' | number | undefined;
  readonly rangeEpoch: number;
  readonly timeMs: number;
  readonly expiresMs: number;
  readonly value: string;
  readonly anyGroup: boolean;
}

/** The entries of a turn, by group; a group may come twice. */
function toWork(commands: readonly RandomCommand[], model: ModelStore) {
  const next = new Map(model.shards().map(({ group, applied }) => [group, applied + 1]));
  return commands.map(({ group: any, anyGroup, key, type, value, ...rest }) => {
    const hash = testHash(Buffer.from(key));
    const owner = model.shards().find(({ range }) => hash >= range.start && hash < range.end);
    const group = anyGroup ? any : (owner?.group ?? any);
    const index = next.get(group) ?? 0;
    next.set(group, index + 1);
    if (type === 'empty') return { group, entries: [emptyEntry(index)] };
    if (type === 'configuration') {
      const kind = EntryKind.configuration;
      return { group, entries: [{ index, term: 1, kind, data: Buffer.alloc(0) }] };
    }
    const { ifMatch, ifNoneMatch, rangeEpoch, timeMs, expiresMs } = rest;
    const condition: Condition = {
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    };
    const header = { condition, rangeEpoch, timeMs };
    const command =
      type === 'put' ? put(key, value, { ...header, expiresMs }) : remove(key, header);
    return { group, entries: [entry(index, command)] };
  });
}

function sameContents(t: Test, store: SqliteStore, model: ModelStore): boolean {
  const keys = 'a b c d e {t}1 {t}2 {t}3 {t}4 {u}1 {u}2'.split(' ').map((key) => Buffer.from(key));
  const contents = (of: SqliteStore | ModelStore) => {
    const values = keys.map((key) => {
      const hash = testHash(key);
      const owner = of.shards().find(({ range }) => hash >= range.start && hash < range.end);
      return owner && of.get(owner.group, hash, key);
    });
    return { shards: of.shards(), counts: of.shards().map(({ group }) => of.count(group)), values };
  };
  return t.same(contents(store), contents(model));
}

t.test('a process killed at any commit leaves data and applied index of one moment', async (t) => {
  const dir = t.testdir();
  const { store, clock, worker } = stillStore(path.join(dir, 'live'), {
    limits: { checkpointFrames: 10, walBytesMax: 30 * frameBytes },
  });
  await store.open();
  store.createShards(births(1));
  let copies = 0;
  const copyAndCheck = async () => {
    copies += 1;
    const folder = path.join(dir, `copy-${copies}`);
    fs.cpSync(path.join(dir, 'live'), folder, { recursive: true });
    // The index of the log belongs to the killed process; a new one makes its own.
    fs.rmSync(path.join(folder, 'state.db-shm'), { force: true });
    const { store: copy } = stillStore(folder);
    await copy.open();
    t.same(copy.shards(), store.shards());
    t.equal(read(copy, 'counter'), `${store.applied(1)}`);
    t.equal(copy.count(1), store.count(1));
    await copy.close();
  };
  for (let index = 1; index <= 60; index += 1) {
    const filler = put(`key ${index % 20}`, Buffer.alloc(3000, index));
    store.apply([
      { group: 1, entries: [entry(2 * index - 1, filler)] },
      { group: 1, entries: [entry(2 * index, put('counter', `${2 * index}`))] },
    ]);
    if (index % 3 === 0) {
      clock.next();
      await settled();
    }
    if (index % 4 === 0) await copyAndCheck();
  }
  t.ok(worker.steps.filter((step) => step === 'checkpoint').length > 5);
  t.equal(copies, 15);
  await store.close();
});

t.test('an error of SQLite undoes the transaction and ends all service', async (t) => {
  let fault: StoreAction | undefined;
  const faults = {
    before(action: StoreAction) {
      if (action !== fault) return;
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
    },
  };
  for (const action of ['commit', 'read'] as const) {
    const { dir, store, clock } = await opened(t, { faults });
    applyOne(store, put('a', '1'));
    fault = action;
    const failing = () => (action === 'read' ? read(store, 'a') : applyOne(store, put('a', '2')));
    t.throws(failing, { name: 'StoreError', code: 'io', file: path.join(dir, 'state.db') });
    fault = undefined;
    t.throws(() => applyOne(store, put('a', '3')), { code: 'io' }, 'it stays so');
    t.throws(() => read(store, 'a'), { code: 'io' });
    t.equal(clock.timers, 0);
    await store.close();
    const again = stillStore(dir).store;
    await again.open();
    t.equal(read(again, 'a'), '1');
    t.equal(again.applied(1), 1);
    await again.close();
  }
});

t.test('a full disk is called that', async (t) => {
  const faults = {
    before(action: StoreAction) {
      if (action !== 'commit') return;
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    },
  };
  const { store } = await opened(t, { faults });
  t.throws(() => applyOne(store, put('a', '1')), { code: 'full', message: /disk is full/ });
});

t.test('a failure in the background is told once and ends all service', async (t) => {
  let failing = false;
  const faults = {
    before(action: StoreAction) {
      if (failing && action === 'sync-wal') throw Object.assign(new Error('EIO'), { code: 'EIO' });
    },
  };
  const { store, clock } = await opened(t, { faults });
  const told: Error[] = [];
  store.onFailure = (error) => told.push(error);
  failing = true;
  applyOne(store, put('a', '1'));
  clock.next();
  await settled();
  t.equal(told.length, 1);
  t.match(told[0], { code: 'io', action: 'sync-wal', file: store.file });
  t.equal(store.durable(1), 0, 'what was not synced is not durable');
  t.throws(() => applyOne(store, put('a', '2')), { message: /sync-wal failed/ });
  t.throws(() => read(store, 'a'), { message: /sync-wal failed/ });
  await store.close();
});

t.test('a committed entry that cannot be read names its group and index', async (t) => {
  for (const [kind, data, words] of [
    [EntryKind.command, Buffer.from([9, 9]), /command format 9 is not known/],
    [EntryKind.command, Buffer.from([1, 1]), /only 2 bytes/],
    [7 as EntryKind, Buffer.alloc(0), /kind 7 is not known/],
  ] as const) {
    const { store } = await opened(t);
    const entries = [entry(1, put('a', '1')), { index: 2, term: 5, kind, data }];
    const apply = () => store.apply([{ group: 1, entries }]);
    t.throws(apply, { code: 'corrupt', message: /entry of group 1, index 2, term 5/ });
    t.throws(apply, { message: words }, 'the same words again, nothing else is tried');
    await store.close();
  }
});

t.test('a foreign lock is an error at once, not a wait', async (t) => {
  const { dir, store } = await opened(t);
  const other = new Database(path.join(dir, 'state.db'));
  other.exec('BEGIN IMMEDIATE');
  t.throws(() => applyOne(store, put('a', '1')), { code: 'busy', message: /locked/ });
  other.exec('ROLLBACK');
  other.close();
});

t.test('a damaged page ends the service with words', async (t) => {
  const dir = t.testdir();
  const first = stillStore(dir).store;
  await first.open();
  first.createShards(births(1));
  for (let at = 0; at < 200; at += 1) applyOne(first, put(`key ${at}`, Buffer.alloc(500)));
  await first.close();
  const file = path.join(dir, 'state.db');
  const bytes = fs.readFileSync(file);
  for (let page = 8; page * 4096 < bytes.length; page += 1) bytes.fill(0xa5, page * 4096);
  fs.writeFileSync(file, bytes);
  const again = stillStore(dir).store;
  await again.open();
  const readAll = () => {
    for (let at = 0; at < 200; at += 1) read(again, `key ${at}`);
  };
  t.throws(readAll, { code: 'corrupt', file });
  await again.close();
});

t.test('what cannot be opened says which file and why', async (t) => {
  const dir = t.testdir({
    'state.db': 'these are not the bytes of a database, but a long text. '.repeat(30),
    file: '',
  });
  const garbage = stillStore(dir).store;
  await t.rejects(garbage.open(), { code: 'format', file: path.join(dir, 'state.db') });
  t.throws(() => garbage.createShards(births(1)), { code: 'format' });
  await t.rejects(stillStore(path.join(dir, 'file')).store.open(), { message: /state\.db: open/ });
});

t.test('use before open and after close is told apart', async (t) => {
  const { store } = stillStore(t.testdir());
  t.throws(() => store.apply([]), { code: 'closed', message: /not open yet/ });
  await store.open();
  await t.rejects(store.open(), InvariantViolation);
  await store.close();
  t.throws(() => store.apply([]), { code: 'closed', message: /it is closed/ });
});

t.test('shards that share a hash are a programmer error', async (t) => {
  const { store } = await opened(t);
  const [birth] = births(1);
  if (birth === undefined) throw new Error('one was born');
  t.throws(() => store.createShards([{ ...birth, group: 2 }]), InvariantViolation);
});

t.test(
  'a final checkpoint that fails rejects, and everything is closed all the same',
  async (t) => {
    const { dir, store, worker } = await opened(t);
    applyOne(store, put('a', '1'));
    worker.before = (step) => {
      if (step === 'finish') throw Object.assign(new Error('no'), { code: 'EIO' });
    };
    await t.rejects(store.close(), { code: 'io', action: 'final checkpoint' });
    const again = stillStore(dir).store;
    await again.open();
    t.equal(read(again, 'a'), '1');
    await again.close();
  },
);

t.test('a constant writer is held again and again, and nothing meets a lock', async (t) => {
  const store = sqliteStore(t.testdir(), {
    limits: { pulseMs: 1, walBytesMax: 512 * 1024, checkpointFrames: 20, restFramesMax: 50 },
  });
  await store.open();
  store.createShards(births(1));
  let progress = () => {};
  store.onProgress = () => progress();
  store.onFailure = (error) => t.fail(error.message);
  const held = () => store.held;
  for (let turn = 1; store.statistics.holds < 5 && turn < 20_000; turn += 1) {
    while (held()) {
      await new Promise<void>((resolve) => {
        progress = resolve;
      });
    }
    applyOne(store, put(`key ${turn % 500}`, Buffer.alloc(2000, turn)));
    read(store, `key ${(turn * 7) % 500}`);
    await settled();
  }
  const { holds, holdMsTotal, holdMsMax } = store.statistics;
  t.ok(holds >= 5, `${holds} holds`);
  t.ok(holdMsMax > 0 && holdMsTotal >= holdMsMax);
  await store.close();
});

t.test('apply while held is a programmer error', async (t) => {
  const { store, worker, clock } = await opened(t, { limits: { walBytesMax: 1 } });
  let tried = 0;
  worker.after = (step) => {
    if (step !== 'checkpoint' || !store.held) return;
    tried += 1;
    t.throws(() => applyOne(store, put('b', '2')), InvariantViolation);
  };
  applyOne(store, put('a', '1'));
  clock.next();
  await settled();
  t.equal(tried, 1);
  t.notOk(store.held);
  t.match(applyOne(store, put('b', '2')), { outcome: 'created' });
});

t.test('freed pages are returned when the store is idle, and then it sleeps', async (t) => {
  const { store, clock } = await opened(t);
  const count = 300;
  const value = Buffer.alloc(8000);
  const puts = Array.from({ length: count }, (_, at) => entry(at + 1, put(`key ${at}`, value)));
  store.apply([{ group: 1, entries: puts }]);
  const deletes = puts.map((_, at) => entry(count + at + 1, remove(`key ${at}`)));
  const drain = async () => {
    while (clock.next()) await settled();
  };
  await drain();
  const { databaseBytes } = store.statistics;
  t.ok(databaseBytes > count * value.length);
  store.apply([{ group: 1, entries: deletes }]);
  await drain();
  t.ok(store.statistics.databaseBytes < databaseBytes / 10);
  t.equal(store.durable(1), 2 * count);
  t.equal(clock.timers, 0);
});
