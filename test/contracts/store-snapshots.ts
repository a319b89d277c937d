/**
 * What every Store must do with snapshots, whatever they are made of. The rest of a node sees no
 * more of them than this.
 */
import type { Test } from 'tap';
import type { ShardState, Store } from '../../src/kv/store/types.js';
import { InvariantViolation } from '../../src/raft/core/invariant.js';
import type { GroupId } from '../../src/raft/core/types.js';
import { EntryKind } from '../../src/raft/core/types.js';
import type { SnapshotFile } from '../../src/raft/snapshots/types.js';
import { births, emptyEntry, entry, put, remove, testHash, verify } from '../kv/store/commands.js';

export function storeSnapshotContract(t: Test, create: (t: Test) => Store): void {
  const opened = async (t: Test, shards = 0): Promise<Store> => {
    const store = create(t);
    await store.open();
    t.teardown(() => store.close());
    store.createShards(births(shards));
    return store;
  };

  t.test('a snapshot carries every kind of row, and all that a shard remembers', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t)];
    fill(from);
    const snapshot = await transfer(from, to, 1);
    t.match(snapshot, { index: 12, term: 3 }, 'D9: the term of the entry');
    t.same(everything(to), everything(from));
    t.same(to.shards(), from.shards());
    t.match(to.shard(1), { revision: 7, timeMs: 7000, epoch: { range: 1, members: 2 } });
    t.equal(to.durable(1), 12, 'it is durable when install resolves');
    t.notOk(to.snapshots.has(1, snapshot), 'and its file is gone');
    const next = [entry(13, put('a', 'again')), entry(14, verify()), entry(15, verify())];
    const work = [{ group: 1, entries: next }];
    t.same(to.apply(work), from.apply(work), 'the log goes on the same way');
  });

  t.test('an uninitialised group has nothing, and a snapshot gives it a state', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t)];
    t.equal(to.shard(1), undefined);
    t.equal(to.applied(1), 0);
    t.equal(to.durable(1), 0);
    t.notOk(to.installing(1));
    t.throws(() => to.get(1, 5, Buffer.from('k')));
    t.throws(() => to.count(1));
    fill(from);
    await transfer(from, to, 1);
    t.equal(to.applied(1), 12);
  });

  t.test('C10: applying to a group without a whole state is a programmer error', async (t) => {
    for (const prepare of [
      () => {},
      (store: Store) => store.snapshots.invalidate(1),
      (store: Store) => void store.snapshots.drop(1).catch(() => {}),
    ]) {
      const store = create(t);
      await store.open();
      store.createShards(births(1));
      prepare(store);
      const group = prepare.length === 0 ? 7 : 1;
      t.throws(() => store.apply([{ group, entries: [emptyEntry(1)] }]), InvariantViolation);
      await store.close();
    }
  });

  t.test('a state is replaced as a whole: nothing of the old one stays', async (t) => {
    const [from, to] = [await opened(t, 2), await opened(t, 2)];
    const stale = Array.from({ length: 300 }, (_, at) => entry(at + 1, put(`old ${at}`, 'x')));
    to.apply([{ group: 1, entries: stale }]);
    to.apply([{ group: 2, entries: [emptyEntry(1)] }]);
    const fresh = Array.from({ length: 400 }, (_, at) => entry(at + 1, put(`new ${at}`, 'y')));
    from.apply([{ group: 1, entries: fresh }]);
    await transfer(from, to, 1);
    t.equal(to.count(1), from.count(1));
    t.same(to.shard(1), from.shard(1));
    t.equal(to.applied(2), 1, 'the other group is where it was');
  });

  t.test('C10: an older or equal snapshot changes nothing', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t, 1)];
    for (const store of [from, to]) fill(store);
    const snapshot = await send(from, to, 1);
    to.apply([{ group: 1, entries: [{ ...entry(13, put('later', '1')), term: 3 }] }]);
    const before = to.shard(1);
    await to.snapshots.install(1, snapshot);
    t.same(to.shard(1), before);
    t.notOk(to.snapshots.has(1, snapshot));
    await to.snapshots.install(1, snapshot);
    t.equal(to.applied(1), 13, 'sys 20: a snapshot that comes twice');
  });

  t.test('sys 20: two snapshots in quick succession', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t)];
    fill(from);
    const first = await send(from, to, 1);
    from.apply([{ group: 1, entries: [entry(13, put('later', '1'))] }]);
    const second = await send(from, to, 1);
    await Promise.all([to.snapshots.install(1, first), to.snapshots.install(1, second)]);
    t.same(to.shard(1), from.shard(1));
    t.notOk(to.snapshots.has(1, first));
  });

  t.test('D12: another entry of the index that is applied here is refused', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t, 1)];
    fill(from);
    fill(to, 4);
    const snapshot = await send(from, to, 1);
    await t.rejects(to.snapshots.install(1, snapshot), { code: 'refused' });
    t.equal(to.applied(1), 12);
    t.ok(to.shard(1), 'the state is as it was');
  });

  t.test('C15: installing what is not here is refused, and nothing begins', async (t) => {
    const store = await opened(t, 1);
    fill(store);
    const before = store.shard(1);
    await t.rejects(store.snapshots.install(1, { index: 50, term: 3 }), { code: 'missing' });
    t.same(store.shard(1), before);
    t.notOk(store.installing(1));
  });

  t.test('there is no snapshot of no state, nor of one that no entry leads to', async (t) => {
    const store = await opened(t, 1);
    await t.rejects(store.snapshots.make(1), { code: 'no-state' }, 'applied 0');
    await t.rejects(store.snapshots.make(2), { code: 'no-state' });
    fill(store);
    const snapshot = await store.snapshots.make(1);
    store.snapshots.invalidate(1);
    await t.rejects(store.snapshots.make(1), { code: 'no-state' });
    await t.rejects(store.snapshots.read(1, snapshot, 0, 10), { code: 'missing' });
  });

  t.test('sys 24: a state that differs is not served, and is rebuilt', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t, 1)];
    fill(from);
    fill(to);
    to.apply([{ group: 1, entries: [{ ...entry(13, put('own', 'only here')), term: 3 }] }]);
    to.apply([{ group: 1, entries: [{ ...entry(14, verify()), term: 3 }] }]);
    to.snapshots.invalidate(1);
    t.ok(to.installing(1));
    t.equal(to.shard(1), undefined);
    t.same(to.shards(), []);
    t.equal(to.sliceHash(1, 14), undefined);
    t.throws(() => to.get(1, testHash(Buffer.from('a')), Buffer.from('a')));
    t.throws(() => to.count(1));
    to.snapshots.invalidate(1);
    await transfer(from, to, 1);
    t.notOk(to.installing(1));
    t.same(everything(to), everything(from));
    t.same([to.applied(1), to.durable(1)], [12, 12], 'also when it was further before');
  });

  t.test('a file is read in pieces, and gone when discarded', async (t) => {
    const store = await opened(t, 1);
    fill(store);
    const snapshot = await store.snapshots.make(1);
    t.same(await store.snapshots.make(1), snapshot, 'nothing was applied since: the same');
    const { bytes } = snapshot;
    t.equal((await store.snapshots.read(1, snapshot, 0, bytes + 5)).length, bytes);
    t.equal((await store.snapshots.read(1, snapshot, bytes - 3, 10)).length, 3);
    t.equal((await store.snapshots.read(1, snapshot, bytes, 10)).length, 0);
    const other = { ...snapshot, term: 9 };
    await t.rejects(store.snapshots.read(1, other, 0, 1), { code: 'missing' });
    await store.snapshots.discard(1, snapshot);
    await store.snapshots.discard(1, snapshot);
    await t.rejects(store.snapshots.read(1, snapshot, 0, 1), { code: 'missing' });
  });

  t.test('D10: pieces in any order and twice; a hole is found', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t)];
    fill(from);
    const snapshot = await from.snapshots.make(1);
    const pieces = await piecesOf(from, snapshot);
    const sink = await to.snapshots.receive(1, snapshot);
    for (const { offset, bytes } of [...pieces].reverse().concat(pieces)) {
      await sink.write(offset, bytes);
    }
    await sink.finish();
    t.ok(to.snapshots.has(1, snapshot));
    const holes = await to.snapshots.receive(1, snapshot);
    for (const { offset, bytes } of pieces.slice(1)) await holes.write(offset, bytes);
    await t.rejects(holes.finish(), { code: 'refused' });
    t.ok(to.snapshots.has(1, snapshot), 'the complete one stays');
  });

  t.test('D10: short, wrong and foreign pieces are refused, and nothing stays', async (t) => {
    const [from, to] = [await opened(t, 2), await opened(t)];
    fill(from);
    from.apply([{ group: 2, entries: [emptyEntry(1)] }]);
    const snapshot = await from.snapshots.make(1);
    const pieces = await piecesOf(from, snapshot);
    // In the middle of a large value, where nothing but the checksum can tell.
    const [first] = pieces.splice(3, 1);
    if (first === undefined) throw new Error('a file has pieces');
    const damaged = Buffer.from(first.bytes);
    damaged.writeUInt8(damaged.readUInt8(100) ^ 1, 100);
    for (const bytes of [damaged, first.bytes.subarray(1), Buffer.alloc(0)]) {
      const sink = await to.snapshots.receive(1, snapshot);
      for (const piece of pieces) await sink.write(piece.offset, piece.bytes);
      await sink.write(first.offset, bytes);
      await t.rejects(sink.finish(), { code: 'refused' });
      await t.rejects(sink.write(0, bytes), { code: 'abandoned' });
      t.notOk(to.snapshots.has(1, snapshot));
    }
    const sink = await to.snapshots.receive(1, snapshot);
    await t.rejects(sink.write(snapshot.bytes - 1, first.bytes), { code: 'refused' });
    await t.rejects(sink.write(-1, first.bytes), { code: 'refused' });
    await sink.abort();
    await sink.abort();
    await t.rejects(sink.finish(), { code: 'abandoned' });
    const foreign = await from.snapshots.make(2);
    const name = { ...foreign, index: 12, term: 3 };
    const disguised = await to.snapshots.receive(1, name);
    for (const { offset, bytes } of await piecesOf(from, foreign, 2)) {
      await disguised.write(offset, bytes);
    }
    await t.rejects(disguised.finish(), { code: 'refused' }, 'of another group and entry');
    await t.rejects(to.snapshots.install(1, name), { code: 'missing' });
  });

  t.test('who begins to receive the same file again ends the first attempt', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t)];
    fill(from);
    const snapshot = await from.snapshots.make(1);
    const first = await to.snapshots.receive(1, snapshot);
    const second = await to.snapshots.receive(1, snapshot);
    const [piece] = await piecesOf(from, snapshot);
    if (piece === undefined) throw new Error('a file has pieces');
    await t.rejects(first.write(0, piece.bytes), { code: 'abandoned' });
    await second.write(0, piece.bytes);
    await second.abort();
  });

  t.test('a dropped group leaves nothing, and may come back', async (t) => {
    const [from, to] = [await opened(t, 2), await opened(t, 2)];
    fill(from);
    fill(to);
    to.apply([{ group: 2, entries: [emptyEntry(1), entry(2, put(keyOf(to, 2), 'stays'))] }]);
    const snapshot = await send(from, to, 1);
    const dropping = to.snapshots.drop(1);
    t.equal(to.shard(1), undefined, 'at once');
    t.equal(to.applied(1), 0);
    t.notOk(to.installing(1));
    t.throws(() => to.get(1, 5, Buffer.from('k')));
    await dropping;
    t.notOk(to.snapshots.has(1, snapshot));
    await to.snapshots.drop(1);
    t.equal(to.count(2), 1, 'the other shard is as it was');
    await transfer(from, to, 1);
    t.same(to.shard(1), from.shard(1));
    t.equal(to.count(1), from.count(1));
  });

  t.test('a group that is dropped while its first snapshot comes in leaves nothing', async (t) => {
    const [from, to] = [await opened(t, 2), await opened(t)];
    fill(from);
    const snapshot = await send(from, to, 1);
    const installing = to.snapshots.install(1, snapshot).catch(() => {});
    await to.snapshots.drop(1);
    await installing;
    t.equal(to.shard(1), undefined);
    t.equal(to.applied(1), 0, 'its next replica here begins with nothing');
    await transfer(from, to, 1);
    t.same(to.shard(1), from.shard(1));
  });

  t.test('a snapshot that covers hashes of another shard here is refused', async (t) => {
    const [from, to] = [await opened(t, 1), await opened(t, 2)];
    fill(from);
    await to.snapshots.drop(1);
    const snapshot = await send(from, to, 1);
    await t.rejects(to.snapshots.install(1, snapshot), { code: 'refused' });
    t.equal(to.shard(1), undefined);
  });
}

/** Every kind of row, entry and outcome; ends at index 12 with revision 7. */
export function fill(store: Store, term = 3): void {
  const large = Buffer.alloc(300 * 1024, 'large ');
  const commands = [
    put('a', '1'),
    put('a', '2', { contentType: 'text/plain; charset=utf-8' }),
    put('empty', ''),
    put('lease', 'x', { timeMs: 2000, expiresMs: 90_000 }),
    put('gone', 'x', { timeMs: 2000, expiresMs: 2500 }),
    put('large', large, { timeMs: 3000, contentType: 'ü' }),
    put('b', '1', { condition: { ifMatch: 9 } }),
    remove('a', { condition: { ifNoneMatch: 9 } }),
    verify({ timeMs: 7000 }),
  ];
  const entries = commands.map((command, at) => ({ ...entry(at + 1, command), term: 2 }));
  const change = { index: 10, term: 3, kind: EntryKind.configuration, data: Buffer.alloc(0) };
  const rest = [change, emptyEntry(11), entry(12, remove('not there'))];
  const work = [...entries, ...rest.map((entry) => ({ ...entry, term }))];
  store.apply([{ group: 1, entries: work }]);
}

/** Makes it there, sends it here; it is not installed yet. */
export async function send(from: Store, to: Store, group: GroupId): Promise<SnapshotFile> {
  const snapshot = await from.snapshots.make(group);
  const sink = await to.snapshots.receive(group, snapshot);
  for (const { offset, bytes } of await piecesOf(from, snapshot, group)) {
    await sink.write(offset, bytes);
  }
  await sink.finish();
  return snapshot;
}

export async function transfer(from: Store, to: Store, group: GroupId): Promise<SnapshotFile> {
  const snapshot = await send(from, to, group);
  await to.snapshots.install(group, snapshot);
  return snapshot;
}

export async function piecesOf(from: Store, snapshot: SnapshotFile, group = 1) {
  const pieces: { offset: number; bytes: Buffer }[] = [];
  const size = Math.max(200, Math.ceil(snapshot.bytes / 7));
  for (let offset = 0; offset < snapshot.bytes; offset += size) {
    pieces.push({ offset, bytes: await from.snapshots.read(group, snapshot, offset, size) });
  }
  return pieces;
}

function everything(store: Store) {
  const keys = ['a', 'empty', 'lease', 'gone', 'large', 'b', 'own'];
  const values = keys.map((key) => {
    const bytes = Buffer.from(key);
    return store.get(1, testHash(bytes), bytes);
  });
  return { state: store.shard(1) as ShardState, count: store.count(1), values };
}

function keyOf(store: Store, group: GroupId): string {
  for (let at = 0; ; at += 1) {
    const hash = testHash(Buffer.from(`key ${at}`));
    const range = store.shard(group)?.range;
    if (range !== undefined && hash >= range.start && hash < range.end) return `key ${at}`;
  }
}
