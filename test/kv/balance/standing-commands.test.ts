import t from 'tap';
import {
  addPin,
  changeBalancer,
  changeDeadAfter,
  removePin,
} from '../../../src/kv/balance/standing-commands.js';
import { authorOf, JobsWorld } from './jobs-world.js';

t.test('pins: once, not against each other, removed by number', async (t) => {
  const world = new JobsWorld();
  world.shard(1, [1, 2, 3]);
  const add = (pin: Parameters<typeof addPin>[1], more: object = {}) =>
    world.store.transact((documents) => addPin(documents, pin, authorOf(more)));
  const pin = await add({ shard: 1, node: 4, kind: 'no-replica' }, { reason: 'slow' });
  t.match(pin, { id: '1', actor: 'anna', reason: 'slow' });
  t.same(await add({ shard: 1, node: 4, kind: 'no-replica' }), pin);
  const contrary = add({ shard: 1, node: 4, kind: 'leader' });
  await t.rejects(contrary, { code: 'plan_refused', message: /Pin 1/ });
  await add({ shard: 1, node: 1, kind: 'leader' });
  await t.rejects(add({ shard: 1, node: 2, kind: 'leader' }), { code: 'plan_refused' });
  await t.rejects(add({ shard: 7, node: 2, kind: 'leader' }), { code: 'shard_not_found' });
  await t.rejects(add({ shard: 1, node: 77, kind: 'replica' }), { code: 'node_not_found' });
  const remove = (id: string) =>
    world.store.transact((documents) => removePin(documents, id, authorOf()));
  t.match(await remove('1'), { node: 4 });
  await t.rejects(remove('1'), { code: 'pin_not_found' });
});

t.test('the balancer keeps what is not said', async (t) => {
  const world = new JobsWorld();
  const { balancer } = world.store.documents().settings;
  const wanted = { enabled: false, autoSplit: { bytes: 5 } };
  const changed = await world.store.transact((documents) =>
    changeBalancer(documents, wanted, authorOf()),
  );
  t.same(changed, { ...balancer, enabled: false, autoSplit: { ...balancer.autoSplit, bytes: 5 } });
  t.same(world.store.documents().settings.balancer, changed);
  await world.store.transact((documents) => changeDeadAfter(documents, 60_000, authorOf()));
  t.match(world.store.documents().settings, { deadAfterMs: 60_000, balancer: changed });
});
