import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { LinkProxy } from '../../../jepsen-lite/cluster/link-proxy.js';
import { writeFrame } from '../../../jepsen-lite/cluster/peer-frame.js';
import { eventually } from '../../system/eventually.js';

/** A server that keeps what it gets and answers each chunk with the same bytes. */
async function echo(t: Test) {
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received.push(chunk.toString());
      socket.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await LinkProxy.open((server.address() as AddressInfo).port);
  t.teardown(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { proxy, received, text: () => received.join('') };
}

async function client(t: Test, proxy: LinkProxy) {
  const socket = connect(proxy.port, '127.0.0.1');
  const state = { answers: '', error: undefined as string | undefined, closed: false };
  socket.on('data', (chunk) => {
    state.answers += chunk;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state.error = error.code;
  });
  socket.on('close', () => {
    state.closed = true;
  });
  t.teardown(() => socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return { socket, state };
}

const until = (what: string, condition: () => boolean) =>
  eventually(what, () => condition() || undefined, 5_000);

t.test('passes bytes both ways and counts them', async (t) => {
  const { proxy, text } = await echo(t);
  const { socket, state } = await client(t, proxy);
  socket.write('hello');
  await until('the echo', () => state.answers === 'hello');
  t.equal(text(), 'hello');
  t.same([proxy.bytesForward, proxy.bytesBackward, proxy.connections], [5, 5, 1]);
  socket.end();
  await until('the end is passed on', () => proxy.connections === 0);
});

t.test('a cut link ends connections and takes no new ones until it is healed', async (t) => {
  const { proxy } = await echo(t);
  const { state } = await client(t, proxy);
  await until('the pair', () => proxy.connections === 1);
  proxy.cut();
  await until('the connection is gone', () => state.closed);
  t.equal(state.error, 'ECONNRESET');
  const late = await client(t, proxy);
  await until('the new one is gone too', () => late.state.closed);
  proxy.heal();
  const healed = await client(t, proxy);
  healed.socket.write('again');
  await until('the echo', () => healed.state.answers === 'again');
});

t.test('a reset ends connections and lets new ones through', async (t) => {
  const { proxy } = await echo(t);
  const { state } = await client(t, proxy);
  await until('the pair', () => proxy.connections === 1);
  proxy.reset();
  await until('the connection is gone', () => state.closed);
  const next = await client(t, proxy);
  next.socket.write('x');
  await until('the echo', () => next.state.answers === 'x');
});

t.test('a one-way blackhole holds one direction back and delivers when it ends', async (t) => {
  const { proxy, text } = await echo(t);
  const { socket, state } = await client(t, proxy);
  socket.write('1');
  await until('the first echo', () => state.answers === '1');
  proxy.blackhole('backward');
  socket.write('2');
  await until('it arrives there', () => text() === '12');
  t.equal(state.answers, '1', 'but its answer does not arrive here');
  proxy.blackhole('forward');
  await until('the answer arrives', () => state.answers === '12');
  socket.write('3');
  proxy.blackhole('both');
  const late = await client(t, proxy);
  late.socket.write('late');
  // Whatever passes within this turn of the proxy would have been counted.
  await until('the proxy has read it', () => proxy.connections === 2);
  t.equal(text(), '12');
  t.equal(proxy.bytesForward, 2);
  proxy.heal();
  await until('all arrives', () => state.answers === '123' && late.state.answers === 'late');
});

t.test('a delay keeps the order and the bytes', async (t) => {
  const { proxy } = await echo(t);
  const { socket, state } = await client(t, proxy);
  proxy.delay(30);
  const startedMs = performance.now();
  for (let i = 0; i < 10; i += 1) socket.write(`${i}`);
  await until('the echoes', () => state.answers === '0123456789');
  t.ok(performance.now() - startedMs >= 59, 'there and back');
});

t.test('holds a bounded number of bytes and loses none', async (t) => {
  const { proxy, received } = await echo(t);
  const { socket } = await client(t, proxy);
  await until('the pair', () => proxy.connections === 1);
  proxy.blackhole('forward');
  const bytes = Buffer.alloc(32 * 1024 * 1024, 'x');
  socket.write(bytes);
  await until('the proxy is full', () => proxy.heldBytes > 1024 * 1024);
  t.ok(socket.writableLength > 0, 'and leaves the rest with the sender');
  t.ok(proxy.heldBytes < 1.5 * 1024 * 1024);
  proxy.heal();
  const total = () => received.reduce((sum, chunk) => sum + chunk.length, 0);
  await until('all has arrived', () => total() === bytes.length);
});

t.test('a low rate makes bytes wait, and healing sets them free', async (t) => {
  const { proxy, text } = await echo(t);
  const { socket } = await client(t, proxy);
  proxy.limitRate(1_000);
  socket.write('x'.repeat(100_000));
  await until('bytes are held', () => proxy.heldBytes > 0);
  t.ok(text().length < 100_000);
  proxy.heal();
  await until('all arrive', () => text().length === 100_000);
});

t.test('frames between nodes are dropped, doubled and changed; other bytes are not', async (t) => {
  const { proxy, text } = await echo(t);
  const { socket } = await client(t, proxy);
  const head = 'GET /kvorum/peer HTTP/1.1\r\n\r\n';
  const frame = (body: string) =>
    writeFrame([{ type: 17, fields: { id: 1, body: Buffer.from(body) } }]);
  proxy.filter((bytes) => {
    if (bytes.includes('lost')) return [];
    return bytes.includes('twice') ? [bytes, bytes] : [frame('changed')];
  });
  socket.write(Buffer.concat([Buffer.from(head), ...['lost', 'twice', 'other'].map(frame)]));
  await until('the last has come', () => text().includes('changed'));
  t.ok(text().startsWith(head));
  t.same(text().match(/lost|twice|other|changed/g), ['twice', 'twice', 'changed']);
  proxy.heal();
  socket.write(frame('lost'));
  await until('a healed link loses nothing', () => text().includes('lost'));
});

t.test('a cut link counts whom it refuses', async (t) => {
  const { proxy } = await echo(t);
  proxy.cut();
  await client(t, proxy);
  await until('it has been counted', () => proxy.refused === 1);
});
