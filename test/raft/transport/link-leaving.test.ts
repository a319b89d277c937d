/**
 * A node that closes says which requests it looked at: the others go elsewhere instead of being
 * told that nobody knows what became of them.
 */
import t, { type Test } from 'tap';
import { failureOf } from '../../contracts/transport.js';
import {
  addressOf,
  isConnected,
  makeNode,
  openPair,
  type TestNode,
  until,
} from './socket-cluster.js';
import { TcpProxy } from './tcp-proxy.js';

const timeoutMs = 60_000;

async function openTwo(t: Test, leaveMs = 20_000): Promise<[TestNode, TestNode]> {
  const one = makeNode(1, [2], { limits: { leaveMs } });
  const two = makeNode(2, [1], { limits: { leaveMs } });
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
  await openPair(one, two);
  await until('connected', () => [one, two].every(({ transport }) => isConnected(transport)));
  return [one, two];
}

t.test('what was on its way was not looked at, and what was is answered', async (t) => {
  const [one, two] = await openTwo(t);
  let release = (): void => undefined;
  two.recorder.answer = (body) =>
    new Promise((resolve) => {
      release = () => resolve(Buffer.from(body));
    });
  const early = one.transport.request(2, Buffer.from('early'), { timeoutMs });
  await until('it arrived', () => two.recorder.requests.length === 1);
  const closed = two.transport.close();
  // Node 1 has not heard of it yet: these leave, and arrive at a node that is closing.
  const late = [1, 2, 3].map((number) =>
    failureOf(one.transport.request(2, Buffer.from(`late ${number}`), { timeoutMs })),
  );
  t.strictSame(await Promise.all(late), ['not-sent', 'not-sent', 'not-sent']);
  const later = failureOf(one.transport.request(2, Buffer.from('later'), { timeoutMs }));
  t.equal(await later, 'not-sent', 'nothing more is sent there');
  release();
  t.equal((await early).toString(), 'early');
  await closed;
  t.equal(two.recorder.requests.length, 1, 'and nobody looked at the others');
});

t.test('the first request of a stream may be the one that comes too late', async (t) => {
  const [one, two] = await openTwo(t);
  const closed = two.transport.close();
  t.equal(
    await failureOf(one.transport.request(2, Buffer.from('late'), { timeoutMs })),
    'not-sent',
  );
  await closed;
  t.equal(two.recorder.requests.length, 0);
});

t.test('large answers arrive whole before the stream ends', async (t) => {
  const [one, two] = await openTwo(t);
  const large = Buffer.alloc(4_000_000, 7);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  two.recorder.answer = () => released.then(() => large);
  const requests = [1, 2, 3].map(() => one.transport.request(2, Buffer.from('x'), { timeoutMs }));
  await until('they arrived', () => two.recorder.requests.length === 3);
  const closed = two.transport.close();
  release();
  for (const answer of await Promise.all(requests)) t.ok(answer.equals(large));
  await closed;
});

t.test('a request that is never answered does not keep the node', async (t) => {
  const [one, two] = await openTwo(t, 50);
  two.recorder.answer = () => new Promise(() => undefined);
  const request = failureOf(one.transport.request(2, Buffer.from('x'), { timeoutMs }));
  await until('it arrived', () => two.recorder.requests.length === 1);
  await two.transport.close();
  t.equal(await request, 'unknown');
});

t.test('nor does a peer that reads nothing', async (t) => {
  const limits = { leaveMs: 50 };
  const one = makeNode(1, [2], { limits });
  const two = makeNode(2, [1], { limits });
  const proxy = new TcpProxy(() => two.transport.port);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close(), proxy.close()]));
  await openPair(one, two);
  one.transport.setPeerAddress({ node: 2, address: await proxy.open() });
  two.transport.setPeerAddress({ node: 1, address: addressOf(one) });
  await until('connected', () => [one, two].every(({ transport }) => isConnected(transport)));
  proxy.stall(true);
  await two.transport.close();
});
