/** A stream that is lost comes back by itself, whatever stands at the address meanwhile. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { addressOf, isConnected, makeNode, until } from './socket-cluster.js';
import { TcpProxy } from './tcp-proxy.js';

t.test('nobody there, then somebody: dialled again and again, told once', async (t) => {
  const one = makeNode(1, [2]);
  const two = makeNode(2, [1]);
  const proxy = new TcpProxy(() => two.transport.port);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close(), proxy.close()]));
  await one.transport.open(one.recorder);
  one.transport.setPeerAddress({ node: 2, address: await proxy.open() });
  await until('tried some times', () => one.log.lines.length > 6);
  t.strictSame(one.recorder.unreachable, [2]);
  t.type(one.transport.peers()[0]?.lastError, 'string');
  await two.transport.open(two.recorder);
  two.transport.setPeerAddress({ node: 1, address: addressOf(one) });
  await until('connected', () => isConnected(one.transport));
  for (let round = 1; round <= 3; round++) {
    proxy.resetAll();
    await until('noticed', () => one.recorder.unreachable.length === 1 + round);
    await until('connected again', () => isConnected(one.transport));
  }
  t.strictSame(one.recorder.unreachable, [2, 2, 2, 2], 'once per loss');
});

t.test('another server at the address is named as such', async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(404).end('not here\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const one = makeNode(1, [2]);
  t.teardown(async () => {
    await one.transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  await one.transport.open(one.recorder);
  const { port } = server.address() as AddressInfo;
  one.transport.setPeerAddress({ node: 2, address: `127.0.0.1:${port}` });
  await until('the reason is known', () =>
    /no Kvorum peer port/.test(one.transport.peers()[0]?.lastError ?? ''),
  );
  t.match(one.transport.peers()[0]?.lastError, /HTTP status 404 "not here\?"/);
});
