/** An attempt ends once, also against servers that accept and then say nothing or nonsense. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t from 'tap';
import { makeNode, until } from './socket-cluster.js';

const answers: [string, string, RegExp][] = [
  ['nothing', '', /no stream within 150 ms/],
  ['garbage', '\u0000\u0001\u0002garbage\r\n\r\n', /HTTP|Parse|Expected/],
  [
    'an upgrade without a hello',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: kvorum-peer\r\n\r\n',
    /malformed: the hello is not a JSON object/,
  ],
  ['half an answer', 'HTTP/1.1 101 Switch', /no stream within 150 ms/],
  ['a large answer', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(100_000)}`, /no Kvorum peer port|within/],
];

for (const [name, answer, reason] of answers) {
  t.test(`a server that answers ${name}`, async (t) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(answer));
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const one = makeNode(1, [2], { limits: { handshakeTimeoutMs: 150, backOffMaxMs: 50 } });
    await one.transport.open(one.recorder);
    const { port } = server.address() as AddressInfo;
    one.transport.setPeerAddress({ node: 2, address: `127.0.0.1:${port}` });
    await until('it failed for that', () => reason.test(one.transport.peers()[0]?.lastError ?? ''));
    await one.transport.close();
    await until('no connection is left behind', () => sockets.size === 0);
    t.equal(sockets.size, 0);
    await new Promise((resolve) => server.close(resolve));
  });
}
