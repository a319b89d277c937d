/**
 * Random bytes, and bytes that are nearly right, against both ports of every node under load: no
 * node ends, nothing is stored that nobody wrote, memory stays bounded.
 */
import { connect } from 'node:net';
import t from 'tap';
import { Cluster } from './cluster.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

const soakMs = 6_000;
const residentBytesMax = 400 * 1024 * 1024;

t.test('a soak of garbage', async (t) => {
  const seed = Date.now() >>> 0;
  t.comment(`seed ${seed}`);
  const cluster = await Cluster.start(t);
  const workload = new Workload({ nodes: cluster.targets(), writersPerNode: 1, readersPerNode: 1 });
  t.teardown(() => workload.close());
  const pids = cluster.ids.map((id) => cluster.process(id).pid);
  workload.start();
  const endMs = performance.now() + soakMs;
  const attackers = cluster.ids.flatMap((id) => {
    const { httpPort, peerPort } = cluster.place(id);
    return [httpPort, peerPort].flatMap((port) =>
      Array.from({ length: 4 }, (_, index) => attack(port, seed + port * 8 + index, endMs)),
    );
  });
  const connections = (await Promise.all(attackers)).reduce((sum, count) => sum + count, 0);
  await workload.stop();
  t.comment(`${connections} connections with garbage`);
  t.ok(connections > 200, 'the soak took place');
  t.same(
    cluster.ids.map((id) => cluster.process(id).running && cluster.process(id).pid),
    pids,
    'every node still runs',
  );
  for (const id of cluster.ids) {
    t.ok((cluster.process(id).residentBytes() ?? 0) < residentBytesMax, `memory of node ${id}`);
  }
  await servesAgain(cluster, workload);
  t.same(await workload.verify(), []);
});

/** One connection after the other until the time is up; how many there were. */
async function attack(port: number, seed: number, endMs: number): Promise<number> {
  const random = seededRandom(seed);
  let count = 0;
  for (; performance.now() < endMs; count += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(garbage(random));
    if (random() < 0.5) socket.write(garbage(random));
    if (random() < 0.3) socket.resetAndDestroy();
    else if (random() < 0.7) socket.end();
    const timer = setTimeout(() => socket.destroy(), 20 + random() * 200);
    socket.resume();
    await closed;
    clearTimeout(timer);
  }
  return count;
}

function garbage(random: () => number): Buffer {
  const noise = (length: number) =>
    Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
  const text = noise(1 + random() * 60).toString('latin1');
  const shapes: (() => Buffer | string)[] = [
    () => noise(1 + random() * 5_000),
    () => Buffer.alloc(1 + random() * 200_000, noise(1)),
    () => `GET /${text} HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => `PUT /v1/kv/${encodeURIComponent(text)} HTTP/1.1\r\nHost: 127.0.0.1\r\n${text}\r\n\r\n`,
    () => 'PUT /v1/kv/never HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 999\r\n\r\ntoo short',
    () =>
      'PUT /v1/kv/never HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
    () => 'PUT /v1/kv/never HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n',
    () => `GET /v1/kv/%${text} HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-Match: ${text}\r\n\r\n`,
    () => `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(1 + random() * 5_000)}\r\n`,
    () => `GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: kvorum\r\n\r\n${text}`,
    () => `GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${text}`,
    () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    () => Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), noise(500)]),
  ];
  const shape = shapes[Math.floor(random() * shapes.length)];
  return Buffer.from(shape?.() ?? '');
}

/** mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
