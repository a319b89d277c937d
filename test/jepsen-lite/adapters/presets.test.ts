/** Each preset against what its product's documentation says, by every call that a store has. */
import t from 'tap';
import { consul } from '../../../jepsen-lite/adapters/consul.js';
import { etcd } from '../../../jepsen-lite/adapters/etcd.js';
import { HttpStore } from '../../../jepsen-lite/adapters/http-store.js';
import type { Reply } from '../../../jepsen-lite/adapters/store.js';
import { fakeConsul, fakeEtcd, serve } from './fake-stores.js';

/** What every store must answer to the same calls. */
const said = ({ type, value, facts }: Reply) =>
  facts.outcome ?? (value === undefined ? type : `${value}`);

for (const [adapter, fake] of [
  [etcd, fakeEtcd()],
  [consul, fakeConsul()],
] as const) {
  t.test(`${adapter.name}: reads, writes, conditions and deletes`, async (t) => {
    const endpoint = await serve(t, fake);
    const http = new HttpStore({ adapter, endpoint, timeoutMs: 2_000 });
    t.teardown(() => http.close());
    const { store } = http;
    const key = 'a/b c';
    t.match(await store.get(key), { type: 'ok', value: null });
    t.equal(said(await store.put(key, '1', { ifMatch: 99 })), 'precondition-failed');
    t.match((await store.put(key, '1', { ifNoneMatch: '*' })).type, 'ok');
    t.equal(said(await store.put(key, '2', { ifNoneMatch: '*' })), 'precondition-failed');
    const { value, facts } = await store.get(key);
    t.equal(value, '1');
    const revision = facts.revision ?? 0;
    t.ok(revision > 0);
    t.equal((await store.put(key, '"3" ü', { ifMatch: revision })).type, 'ok');
    t.equal(said(await store.put(key, '4', { ifMatch: revision })), 'precondition-failed');
    t.equal((await store.get(key, 'stale')).value, '"3" ü');
    t.equal(said(await store.compareAndSet(key, 'no', '5')), 'precondition-failed');
    t.match(await store.compareAndSet(key, '"3" ü', '5'), { type: 'ok' });
    t.equal((await store.put(key, '6')).type, 'ok');
    t.equal((await store.get(key)).value, '6');
    t.equal(said(await store.delete(key, { ifMatch: revision })), 'precondition-failed');
    t.equal((await store.delete(key)).type, 'ok');
    t.match(await store.get(key), { type: 'ok', value: null });
  });
}

t.test("etcd: the store's revision orders all writes", async (t) => {
  const endpoint = await serve(t, fakeEtcd());
  const http = new HttpStore({ adapter: etcd, endpoint, timeoutMs: 2_000 });
  t.teardown(() => http.close());
  const { store } = http;
  t.match(await store.put('a', '1'), { facts: { outcome: 'created', shardRevision: 2 } });
  t.match(await store.put('a', '2'), { facts: { outcome: 'replaced', shardRevision: 3 } });
  t.match(await store.put('b', '3'), { facts: { outcome: 'created', shardRevision: 4 } });
  t.match(await store.get('a'), { value: '2', facts: { revision: 3, shardRevision: 4 } });
  const stale = await store.put('a', '4', { ifMatch: 2 });
  t.match(stale, { facts: { outcome: 'precondition-failed', revision: 3 } });
  t.match(await store.delete('b'), { facts: { outcome: 'deleted', shardRevision: 5 } });
  t.match(await store.delete('b'), { facts: { outcome: 'absent' } });
});
