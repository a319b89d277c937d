/** Whatever comes to the peer port: a short answer or a close, never a crash. */
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { request } from 'undici';
import { encodeHello, makeHello } from '../../../src/raft/transport/hello.js';
import { isConnected, makeNode, openPair, type TestNode, until } from './socket-cluster.js';

async function openOne(t: Test, limits = {}): Promise<TestNode> {
  const one = makeNode(1, [2], { limits });
  t.teardown(() => one.transport.close());
  await one.transport.open(one.recorder);
  return one;
}

/** Sends bytes, waits for the other side's close, returns what came. */
function exchange(port: number, bytes: Buffer | string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.end(bytes);
  });
}

t.test('a plain request is told where it is', async (t) => {
  const one = await openOne(t);
  const url = `http://127.0.0.1:${one.transport.port}/v1/kv/x`;
  const got = await request(url);
  t.equal(got.statusCode, 426);
  t.match(await got.body.text(), /peer port of a Kvorum node/);
  const put = await request(url, { method: 'PUT', body: Buffer.alloc(1_000_000) }).catch(() => 0);
  t.ok(put === 0 || (put as { statusCode: number }).statusCode === 426, 'a body is not read');
});

t.test('other upgrades and no HTTP at all are turned away', async (t) => {
  const one = await openOne(t);
  const { port } = one.transport;
  const websocket =
    'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
  t.match(await exchange(port, websocket), /400 Bad Request.*kvorum-peer only/s);
  t.match(await exchange(port, 'SSH-2.0-OpenSSH_9.6\r\n'), /400 Bad Request/);
  t.match(await exchange(port, `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`), /400|431/);
  t.equal(await exchange(port, 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n'), '');
});

t.test('handshakes under way are limited, and peers still get in afterwards', async (t) => {
  const one = makeNode(1, [2], { limits: { handshakesMax: 2, handshakeTimeoutMs: 300 } });
  const two = makeNode(2, [1]);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
  await one.transport.open(one.recorder);
  const self = { node: 2, cluster: 'test', configuration: 'digest', store: 'store-2' };
  const hello = { ...self, instance: 'i', httpAddress: 'h', version: 'v' };
  const upgrade =
    'GET /kvorum/peer HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: kvorum-peer\r\n' +
    `kvorum-hello: ${encodeHello(makeHello(hello, 1, 'control'))}\r\n\r\n`;
  const answers: string[] = [];
  const sockets = Array.from({ length: 3 }, () => {
    const socket = connect({ host: '127.0.0.1', port: one.transport.port });
    socket.on('data', (chunk) => answers.push(chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.write(upgrade);
    return socket;
  });
  await until('all answered', () => answers.length >= 3);
  t.equal(answers.filter((answer) => /101 Switching/.test(answer)).length, 2);
  t.equal(answers.filter((answer) => /503.*"busy"/s.test(answer)).length, 1);
  await two.transport.open(two.recorder);
  two.transport.setPeerAddress({ node: 1, address: `127.0.0.1:${one.transport.port}` });
  await until('in after the time of the others is over', () => isConnected(two.transport));
  for (const socket of sockets) socket.destroy();
});

t.test('a soak of random bytes, before and after an upgrade', async (t) => {
  const seed = Number(process.env['KVORUM_SEED'] ?? 20_261);
  t.comment(`seed ${seed}`);
  const random = lehmer(seed);
  const one = makeNode(1, [2]);
  const two = makeNode(2, [1]);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
  await openPair(one, two);
  await until('connected', () => [one, two].every(({ transport }) => isConnected(transport)));
  const hello = {
    node: 2,
    cluster: 'test',
    configuration: 'digest',
    store: 'store-2',
    instance: 'i',
    httpAddress: 'h',
    version: 'v',
  };
  const heads = [
    '',
    'GET / HTTP/1.1\r\n',
    'GET /kvorum/peer HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: kvorum-peer\r\n',
  ];
  for (let round = 0; round < 150; round++) {
    const noise = Buffer.from(Array.from({ length: Math.floor(random() * 600) }, byte(random)));
    const valid = encodeHello(makeHello(hello, 1, 'bulk'));
    const head = heads[round % 3] ?? '';
    const upgraded = round % 6 === 5 ? `${head}kvorum-hello: ${valid}\r\n\r\n` : head;
    const magic = round % 2 === 0 ? Buffer.from('KvF1') : Buffer.alloc(0);
    await exchange(one.transport.port, Buffer.concat([Buffer.from(upgraded), magic, noise]));
  }
  t.ok(isConnected(one.transport) && isConnected(two.transport), 'the peers did not notice');
  const answer = await two.transport.request(1, Buffer.from('still'), { timeoutMs: 20_000 });
  t.equal(answer.toString(), 'answer to still');
});

t.test('closing does not wait for connections that say nothing', async (t) => {
  const one = await openOne(t);
  const sockets = Array.from({ length: 3 }, () => {
    const socket = connect({ host: '127.0.0.1', port: one.transport.port });
    socket.on('error', () => undefined);
    return socket;
  });
  await until('connected', () => sockets.every((socket) => !socket.connecting));
  // Accepted too: the server answers a later connection only after the earlier ones.
  await exchange(one.transport.port, 'x\r\n\r\n');
  await one.transport.close();
  await until('all are closed', () => sockets.every((socket) => socket.destroyed));
  t.equal(one.log.warnings.length <= 1, true, 'nobody is warned of a quiet stranger');
});

t.test('a port that is taken is said clearly', async (t) => {
  const one = await openOne(t);
  const { port } = one.transport;
  const other = makeNode(1, [2], { listen: { host: '127.0.0.1', port } });
  await t.rejects(other.transport.open(other.recorder), {
    message: new RegExp(`cannot listen on peer port 127.0.0.1:${port}: .*EADDRINUSE`),
  });
  await other.transport.close();
});

function byte(random: () => number): () => number {
  return () => Math.floor(random() * 256);
}

function lehmer(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
