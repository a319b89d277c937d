/** Links under bad networks: cut inside frames, not read, silent, reset; and limits under load. */
import t, { type Test } from 'tap';
import { FrameScratch } from '../../../src/raft/transport/frame-scratch.js';
import { FramedSocket } from '../../../src/raft/transport/framed-socket.js';
import { makeHello } from '../../../src/raft/transport/hello.js';
import { transportLimits } from '../../../src/raft/transport/limits.js';
import { Link } from '../../../src/raft/transport/link.js';
import type { SocketTransportOptions } from '../../../src/raft/transport/socket-transport.js';
import { append, appendResponse, failureOf } from '../../contracts/transport.js';
import { ManualClock } from '../../simulation/manual-clock.js';
import { addressOf, isConnected, makeNode, type TestNode, until } from './socket-cluster.js';
import { socketPair } from './socket-pair.js';
import { TcpProxy } from './tcp-proxy.js';

interface Pair {
  readonly one: TestNode;
  readonly two: TestNode;
  /** Between node 1, which dials, and node 2. */
  readonly proxy: TcpProxy;
}

async function openProxied(t: Test, changes: Partial<SocketTransportOptions> = {}): Promise<Pair> {
  const one = makeNode(1, [2], changes);
  const two = makeNode(2, [1], changes);
  const proxy = new TcpProxy(() => two.transport.port);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close(), proxy.close()]));
  await one.transport.open(one.recorder);
  await two.transport.open(two.recorder);
  one.transport.setPeerAddress({ node: 2, address: await proxy.open() });
  two.transport.setPeerAddress({ node: 1, address: addressOf(one) });
  await until('connected', () => [one, two].every(({ transport }) => isConnected(transport)));
  one.recorder.unreachable.length = 0;
  return { one, two, proxy };
}

t.test('cut at many places inside frames: whole messages only, and it goes on', async (t) => {
  const { one, two, proxy } = await openProxied(t, { limits: { backOffMaxMs: 50 } });
  let next = 1;
  for (const cutAfterBytes of [900, 1_000, 1_001, 1_013, 1_500, 5_000, 66_000]) {
    proxy.cutAfterBytes = cutAfterBytes;
    proxy.resetAll();
    const before = one.recorder.unreachable.length;
    const lost = () => one.recorder.unreachable.length > before + 1;
    while (!lost()) {
      // Many small ones and a large one, so that frames of all sizes are cut.
      one.transport.send(2, [{ group: 1, message: append(next++, Buffer.alloc(next % 2_000)) }]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  proxy.cutAfterBytes = undefined;
  proxy.resetAll();
  await until('connected again', () => isConnected(one.transport));
  const final = appendResponse(next);
  await until('messages flow again', () => {
    one.transport.send(2, [{ group: 1, message: final }]);
    return two.recorder.messages.some(({ item }) => item.message.type === 'append-response');
  });
  let previous = 0;
  let whole = 0;
  for (const { item } of two.recorder.messages) {
    if (item.message.type !== 'append') continue;
    const index = item.message.previousIndex;
    const length = item.message.entries[0]?.data.length;
    if (index > previous && length === (index + 1) % 2_000) whole++;
    previous = index;
  }
  const appends = two.recorder.messages.filter(({ item }) => item.message.type === 'append');
  t.ok(appends.length > 0);
  t.equal(whole, appends.length, 'each arrived once, whole and in order');
});

t.test('a reset fails the requests on it, and only those that left are unknown', async (t) => {
  const { one, two, proxy } = await openProxied(t);
  two.recorder.answer = () => new Promise(() => undefined);
  const left = failureOf(one.transport.request(2, Buffer.from('left'), { timeoutMs: 60_000 }));
  await until('it arrived', () => two.recorder.requests.length === 1);
  // Queued in this pass of the event loop, and the socket is gone before the next.
  proxy.resetAll();
  t.equal(await left, 'unknown');
  const after = await failureOf(
    one.transport.request(2, Buffer.from('after'), { timeoutMs: 60_000 }),
  );
  t.equal(after, 'not-sent');
  await until('connected again', () => isConnected(one.transport));
  two.recorder.answer = async (body) => Buffer.from(body);
  const again = await one.transport.request(2, Buffer.from('again'), { timeoutMs: 60_000 });
  t.equal(again.toString(), 'again');
  t.strictSame(one.recorder.unreachable, [2], 'told once for the two streams');
});

t.test('a peer that does not read: bounded memory, refusals, no late surprise', async (t) => {
  const bulkQueueBytesMax = 2_000_000;
  const limits = {
    bulkQueueBytesMax,
    controlQueueBytesMax: 100_000,
    pingIntervalMs: 300,
    silenceMs: 1_800,
  };
  const { one, proxy } = await openProxied(t, { limits });
  proxy.stall(true);
  const outcomes: string[] = [];
  // Kernel buffers on the way take some megabytes before anything queues here.
  for (let sent = 0; sent < 400; sent++) {
    const request = one.transport.request(2, Buffer.alloc(100_000), { timeoutMs: 800 });
    void failureOf(request).then((outcome) => outcomes.push(outcome));
    one.transport.send(2, [{ group: 1, message: append(1, Buffer.alloc(50_000)) }]);
    const queued = one.transport.peers()[0]?.queuedBytes ?? 0;
    if (queued > bulkQueueBytesMax + limits.controlQueueBytesMax) t.fail(`${queued} queued`);
    if (sent % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
  }
  t.ok(outcomes.includes('queue-full'), 'over the limit requests are refused at once');
  t.ok((one.transport.peers()[0]?.droppedMessages ?? 0) > 0, 'messages are dropped and counted');
  await until('all settled', () => outcomes.length === 400);
  t.ok(outcomes.includes('unknown'), 'what was with the socket may have arrived');
  t.ok(outcomes.includes('not-sent'), 'what still waited here surely did not');
  t.notOk(outcomes.includes('answered'));
  await until('the silent stream was closed', () => one.recorder.unreachable.length > 0);
  proxy.stall(false);
  await until('connected again', () => isConnected(one.transport));
});

t.test('a silent stream is closed and comes back', async (t) => {
  const limits = { pingIntervalMs: 20, silenceMs: 100 };
  const { one, two, proxy } = await openProxied(t, { limits });
  await until('a round trip was measured', () => {
    return one.transport.peers()[0]?.roundTripMs !== undefined;
  });
  proxy.stall(true);
  await until('noticed', () => one.recorder.unreachable.length > 0);
  t.match(one.log.warnings.at(-1), /nothing was heard for 100 ms|no stream within/);
  proxy.stall(false);
  await until('back', () => isConnected(one.transport) && isConnected(two.transport));
});

t.test('what cannot fit a frame is dropped or refused at once', async (t) => {
  const limits = {
    frameBytesMax: 200_000,
    frameBytesTarget: 50_000,
    controlQueueBytesMax: 100_000,
    controlAppendBytesMax: 10_000,
  };
  const { one, two } = await openProxied(t, { limits });
  one.transport.send(2, [{ group: 1, message: append(1, Buffer.alloc(200_001)) }]);
  t.equal(one.transport.peers()[0]?.droppedMessages, 1);
  const request = one.transport.request(2, Buffer.alloc(200_001), { timeoutMs: 1_000 });
  t.equal(await failureOf(request), 'not-sent');
  two.recorder.answer = async () => Buffer.alloc(200_001);
  const answer = one.transport.request(2, Buffer.from('x'), { timeoutMs: 20_000 });
  t.equal(await failureOf(answer), 'unknown', 'an answer that cannot be carried is lost');
  t.ok(isConnected(one.transport), 'and the streams live on');
});

/** A link on one end of a real connection, in virtual time. */
async function bareLink(t: Test) {
  const [near, far] = await socketPair(t);
  const closed: string[] = [];
  const noUser = {
    onFrame: () => undefined,
    onClosed: () => undefined,
    onDrained: () => undefined,
  };
  const self = { node: 2, cluster: 'test', configuration: 'd', store: 's', instance: 'i' };
  const clock = new ManualClock();
  const link = new Link({
    socket: new FramedSocket(near, 4_096, noUser),
    hello: makeHello({ ...self, httpAddress: 'h', version: 'v' }, 1, 'bulk'),
    clock,
    limits: transportLimits({ requestsInProgressMax: 2 }),
    scratch: new FrameScratch(),
    user: { onContent: () => undefined, onClosed: (_link, reason) => closed.push(reason) },
  });
  return { link, clock, near, far, closed };
}

t.test('silence closes after 3 s, but not right after this process was paused', async (t) => {
  const awake = await bareLink(t);
  for (const nowMs of [1_000, 2_000]) awake.link.tick(nowMs, 1_000);
  t.strictSame(awake.closed, []);
  awake.link.tick(3_000, 1_000);
  t.strictSame(awake.closed, ['nothing was heard for 3000 ms']);
  const paused = await bareLink(t);
  paused.link.tick(1_000, 1_000);
  paused.link.tick(60_000, 59_000);
  t.strictSame(paused.closed, [], 'what waits in the socket is read first');
  paused.link.tick(61_000, 1_000);
  t.strictSame(paused.closed, ['nothing was heard for 3000 ms']);
});

t.test('a peer that asks and does not read its answers is not listened to', async (t) => {
  const { link, clock, near, far } = await bareLink(t);
  for (let id = 1; id <= 4; id++) link.answer(id, Buffer.from('x'));
  t.equal(near.isPaused(), false);
  link.answer(5, Buffer.from('x'));
  t.equal(near.isPaused(), true, 'more than twice its requests are unread');
  far.resume();
  clock.advance(0);
  await until('it is listened to again', () => !near.isPaused());
  t.equal(link.queuedAnswers, 0);
});
