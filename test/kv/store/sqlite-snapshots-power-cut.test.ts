/**
 * A snapshot is received and installed while another shard goes on; after every step the process
 * dies or the power goes. What is left must be the old state or `installing`, never a mixture that
 * looks whole, and installing again must lead to exactly the snapshot (sys 13, 20, 23; D10).
 */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { SqliteStore } from '../../../src/kv/store/sqlite-store.js';
import type { ShardBirth } from '../../../src/kv/store/types.js';
import { type Entry, EntryKind } from '../../../src/raft/core/types.js';
import type { SnapshotFile } from '../../../src/raft/snapshots/types.js';
import { piecesOf } from '../../contracts/store-snapshots.js';
import { births, entry, put, remove, testHash, verify } from './commands.js';
import { InlineSnapshotWorker } from './inline-snapshot-worker.js';
import { InlineWorker } from './inline-worker.js';
import { ManualClock, settled } from './manual-clock.js';
import { ForgetfulFiles, generator, type Random, SyncedState, seedOfRun } from './power-cut.js';
import { newFolder } from './sqlite-stores.js';

const seed = seedOfRun();
const [first, second] = births(2) as [ShardBirth, ShardBirth];

interface Node {
  readonly dir: string;
  readonly clock: ManualClock;
  readonly worker: InlineWorker;
  readonly files: ForgetfulFiles;
  readonly store: SqliteStore;
}

function node(dir: string, onCommit: () => void = () => {}): Node {
  const [clock, worker, files] = [new ManualClock(), new InlineWorker(), new ForgetfulFiles()];
  const faults = { before: (action: string) => action === 'commit' && onCommit() };
  const store = new SqliteStore({
    dir,
    hash: testHash,
    cluster: 'c',
    clock,
    worker,
    files,
    freeBytes: async () => Number.POSITIVE_INFINITY,
    faults,
    snapshotWorker: new InlineSnapshotWorker(),
    limits: { checkpointFrames: 100 },
  });
  return { dir, clock, worker, files, store };
}

/** Lets time go on until the work is done. */
async function driven<T>({ clock }: Node, work: Promise<T>): Promise<T> {
  let done = false;
  const running = work.finally(() => {
    done = true;
  });
  running.catch(() => {});
  while (!done) {
    await settled();
    if (!done) clock.next();
  }
  return running;
}

const keysOf = (group: number) => {
  const { start, end } = group === 1 ? first.range : second.range;
  const names = Array.from({ length: 200 }, (_, at) => `key ${at}`);
  return names.filter((name) => {
    const hash = testHash(Buffer.from(name));
    return hash >= start && hash < end;
  });
};

/** Rows of a few pages each, so that a step has few of them. */
function rows(from: number, keys: readonly string[], bytes: number): Entry[] {
  return keys.map((key, at) => ({
    ...entry(from + at, put(key, Buffer.alloc(bytes + at, key), { timeMs: 5000 + at })),
    term: 4,
  }));
}

async function source(t: Test): Promise<{ store: SqliteStore; snapshot: SnapshotFile }> {
  const from = node(newFolder(t));
  await from.store.open();
  t.teardown(() => from.store.close());
  from.store.createShards([first]);
  const keys = keysOf(1).slice(5, 15);
  from.store.apply([{ group: 1, entries: rows(1, keys, 90_000) }]);
  const change = { index: 11, term: 5, kind: EntryKind.configuration, data: Buffer.alloc(0) };
  const last = [change, entry(12, remove(keys[3] ?? '')), entry(13, verify())];
  from.store.apply([{ group: 1, entries: last.map((entry) => ({ ...entry, term: 5 })) }]);
  return { store: from.store, snapshot: await from.store.snapshots.make(1) };
}

t.test(`sys 13, sys 20: dying at every step of an install, seed ${seed}`, async (t) => {
  for (const existing of [true, false]) {
    await t.test(existing ? 'over a state' : 'where there was none', async (t) => {
      await installAndDie(t, existing);
    });
  }
});

async function installAndDie(t: Test, existing: boolean): Promise<void> {
  const random = generator(seed);
  const { store: from, snapshot } = await source(t);
  const wanted = from.stateHash(1);
  const images: { dir: string; acknowledged: number; kind: string }[] = [];
  let armed = false;
  const live = node(path.join(newFolder(t), 'live'), () => armed && takeImages('before commit'));
  const disk = new SyncedState(path.join(live.dir, 'state.db'));
  const takeImages = (step: string) => {
    disk.noticeRestart();
    for (const kind of ['crash', 'cut', 'cut']) {
      const dir = path.join(live.dir, '..', `image-${images.length}`);
      if (kind === 'crash') fs.cpSync(live.dir, dir, { recursive: true });
      else cut(live, disk, dir, random);
      const acknowledged = kind === 'crash' ? live.store.applied(2) : live.store.durable(2);
      images.push({ dir, acknowledged, kind: `${kind} ${step}` });
    }
  };
  await live.store.open();
  live.store.createShards(existing ? [first, second] : [second]);
  if (existing) {
    live.store.apply([{ group: 1, entries: rows(1, keysOf(1).slice(0, 7), 90_000) }]);
  }
  const old = existing ? live.store.stateHash(1) : undefined;
  await driven(live, receive(live, from, snapshot));
  disk.syncAll();
  disk.watch(live.worker, (step) => armed && takeImages(step));
  armed = true;
  const installing = live.store.snapshots.install(1, snapshot);
  let done = false;
  const running = installing.finally(() => {
    done = true;
  });
  const counters = keysOf(2);
  while (!done) {
    const before = images.length;
    await settled();
    disk.noticeRestart();
    if (images.length > before) takeImages('after commit');
    if (!live.store.held) count(live.store, counters[random(5)] ?? '');
    disk.noticeRestart();
    if (random(3) === 0) live.clock.next();
  }
  await running;
  armed = false;
  t.equal(live.store.stateHash(1), wanted);
  await live.store.close();
  const seen = new Set<string>();
  for (const image of images) {
    seen.add(await checkImage(t, image, { snapshot, wanted, old, from }));
    fs.rmSync(image.dir, { recursive: true });
  }
  t.ok(images.length > 40, `${images.length} images`);
  t.same([...seen].sort(), ['installing', 'new', existing ? 'old' : 'none'].sort());
}

function cut(live: Node, disk: SyncedState, to: string, random: Random): void {
  disk.cut(to, random);
  live.files.cut(path.join(live.dir, 'snapshots'), path.join(to, 'snapshots'), random);
}

/** The shard beside it: its applied index and its rows are of one moment. */
function count(store: SqliteStore, key: string): void {
  const index = store.applied(2) + 1;
  const written = entry(index, put(key, `${index}`));
  store.apply([{ group: 2, entries: [written, entry(index + 1, put('counter', `${index + 1}`))] }]);
}

/** Opens what was left, says what it found, installs again and compares. */
async function checkImage(
  t: Test,
  image: { dir: string; acknowledged: number; kind: string },
  about: { snapshot: SnapshotFile; wanted: bigint; old: bigint | undefined; from: SqliteStore },
): Promise<string> {
  const { snapshot, wanted, old, from } = about;
  const left = node(image.dir);
  const { store } = left;
  await driven(left, store.open());
  const whole = store.shard(1) !== undefined;
  const hash = whole ? store.stateHash(1) : undefined;
  const found = store.installing(1) ? 'installing' : whole ? nameOf(hash, about) : 'none';
  if (found === 'mixed') t.fail(`${image.kind}: the state is neither old nor new`);
  if (whole && hash === old && store.applied(1) !== 7) t.fail(`${image.kind}: applied`);
  if (store.applied(2) < image.acknowledged) t.fail(`${image.kind}: the other shard lost entries`);
  const counter = Buffer.from('counter');
  const value = store.get(2, testHash(counter), counter)?.value.toString() ?? '0';
  if (value !== `${store.applied(2)}`) t.fail(`${image.kind}: the other shard is of two moments`);
  // It goes with the last step, once that is durable; until then it must be there.
  if (found !== 'new' && !store.snapshots.has(1, snapshot)) t.fail(`${image.kind}: no file`);
  await driven(left, store.snapshots.install(1, snapshot));
  if (store.stateHash(1) !== wanted) t.fail(`${image.kind}: not the snapshot`);
  t.same(store.shard(1), from.shard(1), `${image.kind}: ${found}, then the snapshot`);
  t.same(fs.readdirSync(path.join(image.dir, 'snapshots')), []);
  await store.close();
  return found;
}

function nameOf(
  hash: bigint | undefined,
  { wanted, old }: { wanted: bigint; old: bigint | undefined },
): string {
  if (hash === wanted) return 'new';
  return hash === old ? 'old' : 'mixed';
}

async function receive(to: Node, from: SqliteStore, snapshot: SnapshotFile): Promise<void> {
  const sink = await to.store.snapshots.receive(1, snapshot);
  for (const { offset, bytes } of await piecesOf(from, snapshot)) await sink.write(offset, bytes);
  await sink.finish();
}

t.test(`D10, sys 19: dying at every step of receiving, seed ${seed}`, async (t) => {
  const random = generator(seed);
  const { store: from, snapshot } = await source(t);
  const live = node(path.join(newFolder(t), 'live'));
  const disk = new SyncedState(path.join(live.dir, 'state.db'));
  await live.store.open();
  disk.syncAll();
  const images: { dir: string; what: string; promised: boolean }[] = [];
  let promised = false;
  const takeImages = (what: string) => {
    for (let times = 0; times < 4; times += 1) {
      const dir = path.join(live.dir, '..', `image-${images.length}`);
      cut(live, disk, dir, random);
      images.push({ dir, what, promised });
    }
  };
  live.files.onChange = takeImages;
  await receive(live, from, snapshot);
  promised = true;
  takeImages('finish');
  live.files.onChange = () => {};
  await live.store.close();
  const outcomes = new Set<boolean>();
  for (const { dir, what, promised } of images) {
    const left = node(dir);
    await driven(left, left.store.open());
    const has = left.store.snapshots.has(1, snapshot);
    outcomes.add(has);
    if (promised && !has) t.fail(`after ${what}: what was promised is gone`);
    const names = fs.readdirSync(path.join(dir, 'snapshots'));
    t.equal(names.length, has ? 1 : 0, `after ${what}: nothing half done is left`);
    if (has) {
      await driven(left, left.store.snapshots.install(1, snapshot));
      t.equal(left.store.stateHash(1), from.stateHash(1), `after ${what}: it is complete`);
    }
    await left.store.close();
  }
  t.same([...outcomes].sort(), [false, true]);
});

t.test('once a state was dropped no power cut brings it back', async (t) => {
  const random = generator(seed);
  const live = node(path.join(newFolder(t), 'live'));
  const disk = new SyncedState(path.join(live.dir, 'state.db'));
  await live.store.open();
  live.store.createShards([first, second]);
  live.store.apply([{ group: 1, entries: rows(1, keysOf(1).slice(0, 7), 90_000) }]);
  disk.syncAll();
  disk.watch(live.worker, () => {});
  await driven(live, live.store.snapshots.drop(1));
  disk.noticeRestart();
  for (let image = 0; image < 5; image += 1) {
    const dir = path.join(live.dir, '..', `image-${image}`);
    cut(live, disk, dir, random);
    const left = node(dir);
    await driven(left, left.store.open());
    t.same([left.store.shard(1), left.store.applied(1)], [undefined, 0]);
    await left.store.close();
  }
  await live.store.close();
});
