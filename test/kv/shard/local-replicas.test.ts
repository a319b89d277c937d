/** What the replicas of one node answer, and what they refuse. */
import t, { type Test } from 'tap';
import { KvError, type KvErrorCode } from '../../../src/kv/errors.js';
import type { WriteRequest } from '../../../src/kv/service.js';
import { hashOf } from '../../../src/kv/shard/hash.js';
import { LocalReplicas, localReplicasLimits } from '../../../src/kv/shard/local-replicas.js';
import { HostWorld } from '../../raft/host-world.js';
import { FakeStore } from '../fake-store.js';

const key = Buffer.from('k');
const put: WriteRequest = {
  type: 'put',
  key,
  condition: {},
  value: Buffer.from('v'),
  contentType: 'text/plain',
};

interface Watched<T> {
  value?: T;
  error?: unknown;
}

function watch<T>(promise: Promise<T>): Watched<T> {
  const seen: Watched<T> = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

function codeOf(watched: Watched<unknown>): KvErrorCode | undefined {
  return watched.error instanceof KvError ? watched.error.code : undefined;
}

async function replicas(t: Test, limits = localReplicasLimits) {
  const stores = new Map<number, FakeStore>();
  const world = new HostWorld(t, {
    stateMachine: (node) => {
      const store = new FakeStore();
      stores.set(node, store);
      return store;
    },
  });
  await world.elect(1);
  const at = (node: number) => {
    const store = stores.get(node);
    if (store === undefined) throw new Error(`no node ${node}`);
    const { host } = world.at(node);
    const local = new LocalReplicas({ node, host, store, clock: world.clock, limits });
    return { local, store, host, world: world.at(node) };
  };
  return { world, at };
}

t.test('a write at the leader, a read at every replica', async (t) => {
  const { world, at } = await replicas(t);
  const written = watch(at(1).local.write(1, put, 1_000));
  await world.pump();
  t.same(written.value, { shard: 1, node: 1, shardRevision: 1, outcome: 'created' });
  for (const node of [1, 2, 3]) {
    const read = watch(at(node).local.readLinearizable(1, key, 1_000));
    await world.pump();
    t.match(read.value, { node, shardRevision: 1, found: { value: Buffer.from('v') } });
  }
  const failed = watch(at(1).local.write(1, { ...put, condition: { ifNoneMatch: '*' } }, 1_000));
  const absent = watch(
    at(1).local.write(1, { ...put, type: 'delete', key: Buffer.from('other') }, 1_000),
  );
  await world.pump();
  t.match(failed.value, { outcome: 'precondition-failed', current: 1 });
  t.match(absent.value, { outcome: 'absent', shardRevision: 1 });
  t.equal(at(1).local.writesInProgress + at(1).local.readsInProgress, 0);
});

t.test('a follower refuses writes and names the leader', async (t) => {
  const { world, at } = await replicas(t);
  await world.pass(100);
  const { local } = at(2);
  const refused = watch(local.write(1, put, 1_000));
  await world.pump();
  t.match(refused.error, { code: 'not_leader', facts: { shard: 1, leader: 1 } });
  t.ok(local.holds(1) && local.canServe(1) && !local.leads(1));
  t.equal(local.leaderOf(1), 1);
  t.notOk(local.holds(2) || local.canServe(2) || local.leads(2));
  t.equal(local.leaderOf(2), undefined);
  t.equal(codeOf(watch(local.write(2, put, 1_000))), undefined);
});

t.test('a write whose time is over before it was proposed is not proposed', async (t) => {
  const { world, at } = await replicas(t);
  const { local, store } = at(1);
  for (const timeoutMs of [0, -5]) {
    const late = watch(local.write(1, put, timeoutMs));
    await world.pump();
    t.match(late.error, { code: 'deadline_before_proposal', outcome: 'not_applied' });
  }
  await world.pass(100);
  t.equal(store.values.size, 0);
});

t.test('a write not heard of in time is unknown, and may be applied', async (t) => {
  const { world, at } = await replicas(t);
  const { local, store } = at(1);
  world.isolate();
  const late = watch(local.write(1, put, 0.5));
  await world.pump();
  t.equal(late.error, undefined, 'not before a millisecond');
  world.clock.advance(1);
  await world.pump();
  t.match(late.error, { code: 'outcome_unknown', outcome: 'unknown' });
  t.equal(local.writesInProgress, 1, 'it still takes room: nobody knows yet');
  world.reaches = () => true;
  await world.pass(300);
  t.equal(store.values.size, 1);
  t.equal(local.writesInProgress, 0);
});

t.test('writes and reads in progress have a limit', async (t) => {
  const { world, at } = await replicas(t, { writesInProgressMax: 2, readsInProgressMax: 2 });
  const { local } = at(1);
  world.isolate();
  const writes = [1, 2, 3].map(() => watch(local.write(1, put, 100)));
  const reads = [1, 2, 3].map(() => watch(local.readLinearizable(1, key, 100)));
  await world.pump();
  t.match(writes[2]?.error, { code: 'overloaded', facts: { retryAfterMs: 100 } });
  t.match(reads[2]?.error, { code: 'overloaded' });
  t.equal(codeOf(writes[1] ?? {}) ?? codeOf(reads[1] ?? {}), undefined);
  await world.pass(200);
  t.equal(codeOf(reads[0] ?? {}), 'no_leader');
  t.equal(local.readsInProgress, 0, 'a read that came too late is let go');
  t.equal(local.writesInProgress, 2);
  world.reaches = () => true;
  await world.pass(300);
  const again = watch(local.write(1, put, 100));
  await world.pump();
  t.match(again.value, { outcome: 'replaced' });
});

t.test('a read waits for what was committed before it, and no longer than it may', async (t) => {
  const { world, at } = await replicas(t);
  await world.pass(100);
  const { local, store } = at(3);
  store.held = true;
  const written = watch(at(1).local.write(1, put, 1_000));
  await world.pump();
  t.match(written.value, { outcome: 'created' });
  const patient = watch(local.readLinearizable(1, key, 500));
  const hasty = watch(local.readLinearizable(1, key, 50));
  await world.pass(100);
  t.equal(patient.value, undefined);
  t.equal(codeOf(hasty), 'no_leader');
  store.held = false;
  store.onProgress();
  await world.pump();
  t.match(patient.value, { found: { revision: 1 }, node: 3 });
});

t.test('a range that changed while a read waited is not served', async (t) => {
  const { world, at } = await replicas(t);
  const { local, store } = at(1);
  const read = watch(local.readLinearizable(1, key, 500));
  const hash = hashOf(key);
  store.range = { start: hash + 1, end: 2 ** 32 };
  await world.pump();
  t.equal(codeOf(read), 'not_leader');
  store.range = { start: 0, end: hash };
  const write = watch(local.write(1, put, 500));
  await world.pump();
  t.equal(codeOf(write), 'not_leader');
  store.range = { start: hash, end: hash + 1 };
  const served = watch(local.readLinearizable(1, key, 500));
  await world.pump();
  t.ok(served.value);
});

t.test('an epoch that changed before a write was applied sends it elsewhere', async (t) => {
  const { world, at } = await replicas(t);
  const { local, store } = at(1);
  store.answer = () => ({ outcome: 'wrong-epoch', shardRevision: 0 });
  const moved = watch(local.write(1, put, 500));
  await world.pump();
  t.match(moved.error, { code: 'not_leader', outcome: 'not_applied' });
  store.answer = () => ({ outcome: 'tag-full', shardRevision: 0 });
  const full = watch(local.write(1, put, 500));
  await world.pump();
  t.equal(codeOf(full), 'tag_full');
});

t.test('a state that cannot be read ends the node, and the read says so', async (t) => {
  const { world, at } = await replicas(t);
  const { local, store, world: host } = at(1);
  store.readError = new Error('database disk image is malformed');
  const read = watch(local.readLinearizable(1, key, 500));
  await world.pump();
  t.equal(codeOf(read), 'storage_failed');
  t.same(host.failures, [store.readError]);
  const stale = watch(local.readStale(1, key, { maxStalenessMs: undefined, timeoutMs: 10 }));
  await world.pump();
  t.equal(codeOf(stale), 'storage_failed');
  const write = watch(local.write(1, put, 100));
  await world.pump();
  t.ok(['stopping', 'not_leader'].includes(codeOf(write) ?? ''), 'nothing is taken any more');
});

t.test('stale reads answer at once and say how old they may be', async (t) => {
  const { world, at } = await replicas(t);
  await world.pass(1_200);
  const { local } = at(2);
  const stale = (maxStalenessMs: number | undefined, timeoutMs = 100) =>
    watch(local.readStale(1, key, { maxStalenessMs, timeoutMs }));
  const fresh = stale(undefined);
  await world.pump();
  t.ok((fresh.value?.stalenessMs ?? 1e9) <= 1_500);
  world.isolate();
  await world.pass(10_000);
  const old = stale(undefined);
  const tooOld = stale(5_000);
  const good = stale(60_000);
  await world.pass(150);
  t.ok((old.value?.stalenessMs ?? 0) >= 10_000, `${old.value?.stalenessMs} ms old`);
  t.ok((good.value?.stalenessMs ?? 0) >= 10_000);
  t.equal(codeOf(tooOld), 'no_leader', 'nobody confirms it');
  world.reaches = () => true;
  await world.pass(3_000);
  const confirmed = stale(0);
  await world.pump();
  t.ok((confirmed.value?.stalenessMs ?? 1e9) <= 50, 'fresh at any price: confirmed first');
});

t.test('a replica that was never confirmed does not invent an age', async (t) => {
  const { at } = await replicas(t);
  const { local, host } = at(2);
  const group = host.group(1);
  if (group !== undefined) group.freshMs = undefined;
  const read = await local.readStale(1, key, { maxStalenessMs: undefined, timeoutMs: 100 });
  t.notOk('stalenessMs' in read);
  t.equal(local.stalenessMs(1), undefined);
});
