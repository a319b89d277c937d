import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { frameBytes } from '../../../src/kv/store/schema.js';
import type { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import type { Condition } from '../../../src/kv/store/types.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { EntryKind } from '../../../src/raft/core/types.js';
import { storeContract } from '../../contracts/store.js';
import { births, emptyEntry, entry, put, remove, testHash } from './commands.js';
import { settled } from './manual-clock.js';
import { ModelStore } from './model-store.js';
import { applyOne, newFolder, opened, read, sqliteStore, stillStore } from './sqlite-stores.js';

storeContract(t, (t) => sqliteStore(newFolder(t)));

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
  t.same(
    fs.readdirSync(dir).sort(),
    ['snapshots', 'state.db'],
    'the final checkpoint leaves no log behind',
  );
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
    { numRuns: 30 },
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

t.test('C7: killed at any commit leaves data and applied index of one moment', async (t) => {
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
