/**
 * What every Store must do, whatever it is made of. The factory gives a fresh, empty store that
 * places keys by `testHash` and is not open yet.
 */
import type { Test } from 'tap';
import type { Command, CommandResult, Store } from '../../src/kv/store/types.js';
import { InvariantViolation } from '../../src/raft/core/invariant.js';
import { EntryKind } from '../../src/raft/core/types.js';
import { births, emptyEntry, entry, put, remove, testHash, verify } from '../kv/store/commands.js';
import { storeSnapshotContract } from './store-snapshots.js';

export function storeContract(t: Test, create: (t: Test) => Store): void {
  const opened = async (t: Test, shards = 1): Promise<Store> => {
    const store = create(t);
    await store.open();
    t.teardown(() => store.close());
    store.createShards(births(shards));
    return store;
  };

  t.test('a shard begins as it is born, and is left alone the second time', async (t) => {
    const store = await opened(t, 2);
    store.apply([{ group: 2, entries: [emptyEntry(1)] }]);
    store.createShards(births(2).map((birth) => ({ ...birth, revision: 99, applied: 99 })));
    t.equal(store.applied(1), 0);
    t.equal(store.applied(2), 1);
    t.equal(store.shards().length, 2);
    t.same(store.shard(1), { ...births(2)[0], timeMs: 0 });
    t.equal(store.shard(3), undefined);
  });

  t.test('puts and deletes, and their outcomes', async (t) => {
    const store = await opened(t);
    const run = runner(store);
    t.same(run(put('a', '1')), { outcome: 'created', shardRevision: 1 });
    t.same(run(put('a', '2', { contentType: 'text/plain' })), {
      outcome: 'replaced',
      shardRevision: 2,
    });
    t.same(read(store, 'a'), { value: Buffer.from('2'), contentType: 'text/plain', revision: 2 });
    t.same(run(remove('a')), { outcome: 'deleted', shardRevision: 3 });
    t.same(run(remove('a')), { outcome: 'absent', shardRevision: 3 });
    t.equal(read(store, 'a'), undefined);
    t.same(run(put('a', '')), { outcome: 'created', shardRevision: 4 });
    t.same(read(store, 'a'), { value: Buffer.alloc(0), contentType: '', revision: 4 });
    t.equal(store.count(1), 1);
  });

  t.test('conditions are decided at apply', async (t) => {
    const store = await opened(t);
    const run = runner(store);
    const failed = (current: number | undefined, shardRevision: number) => ({
      outcome: 'precondition-failed',
      shardRevision,
      current,
    });
    t.same(run(put('a', '0', { condition: { ifMatch: '*' } })), failed(undefined, 0));
    t.same(run(put('a', '0', { condition: { ifMatch: 1 } })), failed(undefined, 0));
    t.match(run(put('a', '1', { condition: { ifNoneMatch: '*' } })), { outcome: 'created' });
    t.same(run(put('a', '2', { condition: { ifNoneMatch: '*' } })), failed(1, 1));
    t.same(run(put('a', '2', { condition: { ifMatch: 7 } })), failed(1, 1));
    t.same(run(put('a', '2', { condition: { ifNoneMatch: 1 } })), failed(1, 1));
    t.match(run(put('a', '2', { condition: { ifMatch: 1 } })), { outcome: 'replaced' });
    t.match(run(put('a', '3', { condition: { ifNoneMatch: 1 } })), { outcome: 'replaced' });
    t.match(run(put('a', '4', { condition: { ifMatch: '*' } })), { outcome: 'replaced' });
    t.match(run(put('b', '1', { condition: { ifNoneMatch: 4 } })), { outcome: 'created' });
    t.same(run(remove('a', { condition: { ifMatch: 1 } })), failed(4, 5));
    t.same(run(remove('x', { condition: { ifMatch: '*' } })), failed(undefined, 5));
    t.match(run(remove('x', { condition: { ifNoneMatch: '*' } })), { outcome: 'absent' });
    t.match(run(remove('a', { condition: { ifMatch: 4 } })), { outcome: 'deleted' });
    t.equal(store.shard(1)?.revision, 6);
  });

  t.test('If-Match is looked at before If-None-Match', async (t) => {
    const run = runner(await opened(t));
    run(put('a', '1'));
    const both = { ifMatch: 1, ifNoneMatch: 2 };
    t.match(run(put('a', '2', { condition: both })), { outcome: 'replaced' });
    t.match(run(put('a', '3', { condition: both })), { outcome: 'precondition-failed' });
    t.match(run(put('b', '3', { condition: { ifMatch: '*', ifNoneMatch: '*' } })), {
      outcome: 'precondition-failed',
    });
  });

  t.test('a key is gone at its time, by the clock in the log alone', async (t) => {
    const store = await opened(t);
    const run = runner(store);
    run(put('a', '1', { timeMs: 1000, expiresMs: 2000 }));
    run(put('other', '1', { timeMs: 1999 }));
    t.match(read(store, 'a'), { revision: 1 });
    run(put('other', '2', { timeMs: 2000 }));
    t.equal(read(store, 'a'), undefined, 'expires <= shard time is absent');
    t.match(run(put('other', '3', { timeMs: 500 })), { outcome: 'replaced' });
    t.equal(store.shard(1)?.timeMs, 2000, 'a clock that lags does not turn time back');
    t.same(run(remove('a')), { outcome: 'absent', shardRevision: 4 });
    t.same(run(put('a', '2', { condition: { ifMatch: 1 } })), {
      outcome: 'precondition-failed',
      shardRevision: 4,
      current: undefined,
    });
    t.match(run(put('a', '2')), { outcome: 'created' });
    t.match(read(store, 'a'), { revision: 5 });
    run(put('a', '3', { timeMs: 3000, expiresMs: 4000 }));
    t.match(run(put('a', '4', { timeMs: 4000, condition: { ifNoneMatch: '*' } })), {
      outcome: 'created',
    });
    t.match(run(put('a', '5', { timeMs: 4000, expiresMs: 4001 })), { outcome: 'replaced' });
  });

  t.test('the entry that carries the time is decided by it', async (t) => {
    const run = runner(await opened(t));
    run(put('a', '1', { timeMs: 1000, expiresMs: 2000 }));
    t.match(run(remove('a', { timeMs: 2000 })), { outcome: 'absent' });
  });

  t.test('another epoch or a key of another range changes nothing but time', async (t) => {
    const store = await opened(t, 2);
    const own = keyIn(store, 1);
    const foreign = keyIn(store, 2);
    const refused = { outcome: 'wrong-epoch', shardRevision: 0 };
    const results = store.apply([
      {
        group: 1,
        entries: [
          entry(1, put(own, '1', { rangeEpoch: 2, timeMs: 7000 })),
          entry(2, put(foreign, '1')),
          entry(3, remove(foreign)),
        ],
      },
    ]);
    t.same(results, [[refused, refused, refused]]);
    t.match(store.shard(1), { applied: 3, revision: 0, timeMs: 7000 });
    t.equal(store.count(1) + store.count(2), 0);
    t.throws(() => store.get(1, testHash(Buffer.from(foreign)), Buffer.from(foreign)));
  });

  t.test('empty entries move the applied index and nothing else', async (t) => {
    const store = await opened(t);
    t.same(store.apply([{ group: 1, entries: [emptyEntry(1), emptyEntry(2)] }]), [
      [undefined, undefined],
    ]);
    t.match(store.shard(1), { applied: 2, revision: 0, epoch: { range: 1, members: 1 } });
  });

  t.test('a membership change steps the epoch of the members', async (t) => {
    const store = await opened(t);
    const change = { index: 1, term: 1, kind: EntryKind.configuration, data: Buffer.from('any') };
    t.same(store.apply([{ group: 1, entries: [change] }]), [[undefined]]);
    t.match(store.shard(1), { applied: 1, revision: 0, epoch: { range: 1, members: 2 } });
  });

  t.test('many groups, and one key several times, in one transaction', async (t) => {
    const store = await opened(t, 2);
    const one = keyIn(store, 1);
    const two = keyIn(store, 2);
    const [first, second] = store.apply([
      {
        group: 1,
        entries: [
          entry(1, put(one, '1')),
          entry(2, put(one, '2', { condition: { ifMatch: 1 } })),
          entry(3, remove(one, { condition: { ifMatch: 1 } })),
          entry(4, remove(one)),
          entry(5, put(one, '3')),
        ],
      },
      { group: 2, entries: [entry(1, put(two, 'x'))] },
    ]);
    const outcomes = ['created', 'replaced', 'precondition-failed', 'deleted', 'created'];
    t.same((first ?? []).map(outcome), outcomes);
    t.same((second ?? []).map(outcome), ['created']);
    t.match(read(store, one), { revision: 4 });
    t.match(read(store, two), { revision: 1 });
    t.same(store.apply([]), []);
  });

  t.test('what was handed out is not changed by later writes', async (t) => {
    const store = await opened(t);
    const run = runner(store);
    const value = Buffer.from('first');
    run(put('a', value));
    const before = read(store, 'a');
    run(put('a', 'other'));
    value.fill(0);
    t.equal(before?.value.toString(), 'first');
    before?.value.fill(0);
    t.equal(read(store, 'a')?.value.toString(), 'other');
  });

  t.test('keys are bytes', async (t) => {
    const store = await opened(t);
    const keys = [[0], [0, 0], [0xff], [0xc3, 0x28], [0x2e, 0x2e, 0x2f]].map((b) => Buffer.from(b));
    const entries = keys.map((key, at) => entry(at + 1, { ...put('', `${at}`), key }));
    store.apply([{ group: 1, entries }]);
    for (const [at, key] of keys.entries()) {
      t.equal(store.get(1, testHash(key), key)?.value.toString(), `${at}`);
    }
    t.equal(store.count(1), keys.length);
  });

  t.test('keys that share a hash tag keep apart', async (t) => {
    const store = await opened(t);
    const run = runner(store);
    const names = Array.from({ length: 12 }, (_, at) => `{tag}${at}`);
    for (const name of names) t.match(run(put(name, name)), { outcome: 'created' });
    for (const name of [names[0], names[5], names[11], names[3]]) {
      t.match(run(remove(name ?? '')), { outcome: 'deleted' });
    }
    const left = names.filter((name) => read(store, name) !== undefined);
    t.same(
      left,
      names.filter((_, at) => ![0, 3, 5, 11].includes(at)),
    );
    for (const name of names) {
      t.match(run(put(name, name)), { outcome: left.includes(name) ? 'replaced' : 'created' });
      t.equal(read(store, name)?.value.toString(), name);
    }
    t.equal(store.count(1), names.length);
  });

  t.test('a gap, a repetition and an unknown group are programmer errors', async (t) => {
    for (const work of [
      { group: 1, entries: [emptyEntry(2)] },
      { group: 1, entries: [emptyEntry(1), emptyEntry(1)] },
      { group: 7, entries: [emptyEntry(1)] },
    ]) {
      const store = create(t);
      await store.open();
      store.createShards(births(1));
      t.throws(() => store.apply([work]), InvariantViolation);
      await store.close();
    }
  });

  t.test('a pass of verify sees every row once, and is the same on every replica', async (t) => {
    const [one, other] = [await opened(t), await opened(t)];
    const entries = Array.from({ length: 1300 }, (_, at) =>
      entry(at + 1, put(`key ${at}`, `${at}`)),
    );
    for (const store of [one, other]) store.apply([{ group: 1, entries }]);
    const passes = [one, other].map((store) => {
      const run = runner(store);
      return Array.from({ length: 4 }, () => run(verify()));
    });
    t.same(passes[0], passes[1]);
    t.match(passes[0], [
      { outcome: 'verified', shardRevision: 1300, index: 1301, rows: 500, passEnds: false },
      { outcome: 'verified', index: 1302, rows: 500, passEnds: false },
      { outcome: 'verified', index: 1303, rows: 300, passEnds: true },
      { outcome: 'verified', index: 1304, rows: 500, passEnds: false },
    ]);
    const [first, , , again] = passes[0] ?? [];
    t.equal(hashIn(first), hashIn(again), 'the same rows, the next pass');
    t.equal(one.sliceHash(1, 1301), hashIn(first));
    t.equal(one.sliceHash(1, 1300), undefined, 'no verification');
    t.equal(one.sliceHash(1, 1305), undefined, 'not applied yet');
    t.equal(one.sliceHash(2, 1301), undefined);
    t.match(one.shard(1), { revision: 1300, applied: 1304 }, 'nothing a client sees has changed');
  });

  t.test('replicas that differ in anything of a row hash to something else', async (t) => {
    const hashes = new Set<bigint>();
    const commands = [
      put('key', 'value'),
      put('kez', 'value'),
      put('key', 'valuf'),
      put('key', 'value', { contentType: 'a' }),
      put('key', 'value', { expiresMs: 5000 }),
    ];
    for (const command of [...commands, undefined]) {
      const run = runner(await opened(t));
      if (command !== undefined) run(command);
      hashes.add(hashIn(run(verify())));
    }
    const run = runner(await opened(t));
    run(put('key', 'value'));
    run(put('key', 'value'));
    hashes.add(hashIn(run(verify())));
    t.equal(hashes.size, commands.length + 2, 'also in the revision, or when it is missing');
  });

  t.test('a slice ends with the bytes, but has one row', async (t) => {
    const run = runner(await opened(t));
    for (const key of ['a', 'b', 'c']) run(put(key, Buffer.alloc(100 * 1024)));
    run(put('large', Buffer.alloc(400 * 1024)));
    let rows = 0;
    for (let slices = 1; ; slices += 1) {
      const result = run(verify());
      if (result.outcome !== 'verified') throw new Error(result.outcome);
      rows += result.rows;
      t.ok(result.rows >= 1 && result.rows <= 2);
      if (!result.passEnds) continue;
      t.ok(slices >= 3);
      break;
    }
    t.equal(rows, 4);
  });

  t.test('a verify carries time, and does nothing else under another epoch', async (t) => {
    const store = await opened(t);
    const run = runner(store);
    run(put('a', '1'));
    const refused = run(verify({ rangeEpoch: 2, timeMs: 9000 }));
    t.same(refused, { outcome: 'wrong-epoch', shardRevision: 1 });
    t.equal(store.shard(1)?.timeMs, 9000);
    t.equal(store.sliceHash(1, 2), undefined);
    t.match(run(verify()), { outcome: 'verified', rows: 1, passEnds: true });
    t.match(run(remove('a')), { outcome: 'deleted', shardRevision: 2 });
    t.match(run(verify()), { outcome: 'verified', rows: 0, passEnds: true });
  });

  t.test('the newest hashes are kept, not all', async (t) => {
    const store = await opened(t);
    const run = runner(store);
    for (let index = 1; index <= 200; index += 1) run(verify());
    const known = Array.from({ length: 200 }, (_, at) => store.sliceHash(1, at + 1));
    t.not(known.at(-1), undefined);
    t.not(known.at(-60), undefined);
    t.equal(known[0], undefined);
  });

  storeSnapshotContract(t, create);

  t.test('close is idempotent', async (t) => {
    const store = await opened(t);
    await store.close();
    await store.close();
    t.pass('closed twice');
  });
}

/** Applies commands one by one to group 1. */
function runner(store: Store): (command: Command) => CommandResult {
  return (command) => {
    const entries = [entry(store.applied(1) + 1, command)];
    return store.apply([{ group: 1, entries }])[0]?.[0] as CommandResult;
  };
}

function read(store: Store, key: string) {
  const bytes = Buffer.from(key);
  const hash = testHash(bytes);
  const shard = store.shards().find(({ range }) => hash >= range.start && hash < range.end);
  return shard && store.get(shard.group, hash, bytes);
}

function keyIn(store: Store, group: number): string {
  for (let at = 0; ; at += 1) {
    const hash = testHash(Buffer.from(`key ${at}`));
    const range = store.shard(group)?.range;
    if (range !== undefined && hash >= range.start && hash < range.end) return `key ${at}`;
  }
}

function hashIn(result: CommandResult | undefined): bigint {
  if (result?.outcome !== 'verified') throw new Error(`${result?.outcome} is no verification`);
  return result.hash;
}

function outcome(result: unknown): string {
  return (result as CommandResult).outcome;
}
