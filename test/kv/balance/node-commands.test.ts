import t from 'tap';
import {
  changeNode,
  joinNode,
  nodeIn,
  removeNode,
  undrainNode,
} from '../../../src/kv/balance/node-commands.js';
import { nodeDocument } from './fake-documents.js';
import { authorOf, JobsWorld } from './jobs-world.js';

const introduction = {
  ...{ weight: 1, peerAddress: '10.0.0.9:9401', httpAddress: '10.0.0.9:8401' },
  ...{ version: '1.0.0', storeId: 'folder-9' },
};

t.test('a node that joins gets a number never given before', async (t) => {
  const world = new JobsWorld([1, 2, 3]);
  const join = (more: object = {}) =>
    world.store.transact((documents) =>
      joinNode(documents, { ...introduction, ...more }, authorOf()),
    );
  const node = await join();
  t.match(node, { id: 4, zone: '4', state: 'up', draining: false, storeId: 'folder-9' });
  t.same(await join({ zone: 'x' }), node, 'the same folder is the same node');
  await t.rejects(join({ storeId: 'other' }), { code: 'node_in_use', message: /Node 4 has/ });
  await world.store.transact((documents) => removeNode(documents, 4, authorOf()));
  t.match(await join({ storeId: 'other', zone: 'x' }), { id: 5, zone: 'x' });
});

t.test('zone, weight and address change, each with its entry in the log', async (t) => {
  const world = new JobsWorld([1, 2]);
  const change = (id: number, wanted: object) =>
    world.store.transact((documents) => changeNode(documents, id, wanted, authorOf()));
  t.match(await change(2, { weight: 3, zone: 'b' }), { id: 2, weight: 3, zone: 'b' });
  t.match(world.store.documents().audit.get(1), { before: { weight: 1 }, after: { weight: 3 } });
  await t.rejects(change(2, { peerAddress: '10.0.0.1:9401' }), { code: 'node_in_use' });
  await t.rejects(change(9, {}), { code: 'node_not_found' });
  t.throws(() => nodeIn(world.store.documents(), 9), { code: 'node_not_found' });
});

t.test('only what holds nothing leaves, and its pins go with it', async (t) => {
  const world = new JobsWorld([1, 2, 3, 4]);
  world.shard(1, [1, 2, 3]);
  const remove = (id: number) =>
    world.store.transact((documents) => removeNode(documents, id, authorOf()));
  await t.rejects(remove(2), { code: 'node_in_use', message: /holds 1 replica\(s\), of shards 1/ });
  const pin = { id: '1', shard: 1, node: 4, kind: 'no-replica' };
  world.store.put('pins/1', { ...pin, actor: '', reason: '', createdAtMs: 0 });
  t.match(await remove(4), { id: 4 });
  t.notOk(world.store.documents().nodes.has(4));
  t.equal(world.store.documents().pins.size, 0);
  const lonely = new JobsWorld([1]);
  const last = lonely.store.transact((documents) => removeNode(documents, 1, authorOf()));
  await t.rejects(last, { code: 'node_in_use', message: /last node/ });
});

t.test('a node that was to be drained may hold shards again', async (t) => {
  const world = new JobsWorld([1]);
  world.store.put('nodes/1', nodeDocument(1, { draining: true }));
  const undrain = () => world.store.transact((documents) => undrainNode(documents, 1, authorOf()));
  t.match(await undrain(), { draining: false });
  const written = world.store.written.length;
  await undrain();
  t.equal(world.store.written.length, written, 'nothing to do');
});
