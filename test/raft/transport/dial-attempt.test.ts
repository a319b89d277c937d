/** An attempt ends once, also against servers that accept and then say nothing or nonsense. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t from 'tap';
import { frameHeaderBytes } from '../../../src/raft/transport/frame.js';
import { encodeHello, makeHello } from '../../../src/raft/transport/hello.js';
import { RecordType } from '../../../src/raft/transport/record-type.js';
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

t.test('a server that knows everything but the secret learns no proof', async (t) => {
  const self = {
    node: 2,
    cluster: 'test',
    configuration: 'digest',
    store: 'store-2',
    instance: 'i',
    httpAddress: 'h',
    version: 'v',
  };
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.on('data', (chunk) => received.push(chunk));
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: kvorum-peer\r\n' +
          `kvorum-hello: ${encodeHello(makeHello(self, 1, 'control'))}\r\n` +
          `kvorum-proof: ${Buffer.alloc(32).toString('base64url')}\r\n\r\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const one = makeNode(1, [2]);
  await one.transport.open(one.recorder);
  const { port } = server.address() as AddressInfo;
  one.transport.setPeerAddress({ node: 2, address: `127.0.0.1:${port}` });
  await until('it was told why', () => received.length > 0);
  t.equal(received[0]?.[frameHeaderBytes], RecordType.refused);
  t.match(received[0]?.toString('latin1'), /wrong-secret/);
  t.match(one.transport.peers()[0]?.lastError, /refused by this node: wrong-secret/);
  t.equal(one.identities.known(2), undefined, 'and it is not remembered as node 2');
  await one.transport.close();
  await new Promise((resolve) => server.close(resolve));
});
