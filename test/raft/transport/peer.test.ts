/** One peer's identity, streams and counters, where the contract does not look. */
import t from 'tap';
import { addressOf, isConnected, makeNode, openPair, until } from './socket-cluster.js';

t.test('the identity is durable before a stream is used', async (t) => {
  const one = makeNode(1, [2]);
  const two = makeNode(2, [1]);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
  let stored: () => void = () => undefined;
  let asked = 0;
  one.identities.remember = (node, storeId) => {
    asked++;
    return new Promise((resolve) => {
      stored = () => {
        one.identities.stores.set(node, storeId);
        resolve();
      };
    });
  };
  await openPair(one, two);
  await until('node 1 is asked to remember', () => asked > 0);
  for (let pass = 0; pass < 50; pass++) await new Promise((resolve) => setImmediate(resolve));
  t.equal(two.transport.peers()[0]?.connected, false);
  t.equal(one.transport.peers()[0]?.connected, false);
  stored();
  await until('connected', () => isConnected(one.transport) && isConnected(two.transport));
  t.equal(one.identities.known(2), 'store-2');
  t.equal(two.identities.known(1), 'store-1');
  t.equal(asked, 1, 'four streams, one write');
});

t.test('a peer that comes up is dialled back at once, and is told of itself', async (t) => {
  const one = makeNode(1, [2]);
  const two = makeNode(2, [1]);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
  await openPair(one, two);
  await until('connected', () => isConnected(one.transport) && isConnected(two.transport));
  t.match(one.transport.peers()[0], {
    node: 2,
    address: addressOf(two),
    connected: true,
    info: { node: 2, httpAddress: '127.0.0.1:8402', version: '1.2.3' },
    lastError: undefined,
    queuedBytes: Number,
    droppedMessages: Number,
  });
});

t.test('a peer with another address is dialled there', async (t) => {
  const one = makeNode(1, [2]);
  const old = makeNode(2, [1]);
  const moved = makeNode(2, [1], { storeId: 'store-2' });
  t.teardown(() => Promise.all([one, old, moved].map(({ transport }) => transport.close())));
  await openPair(one, old);
  await until('connected', () => isConnected(one.transport));
  await old.transport.close();
  await moved.transport.open(moved.recorder);
  one.transport.setPeerAddress({ node: 2, address: addressOf(moved) });
  await until('connected again', () => isConnected(one.transport));
  t.throws(() => one.transport.setPeerAddress({ node: 2, address: 'no port/' }), RangeError);
});
