/** A failing handler answers as a lost request and says so in the log. */
import t from 'tap';
import { transportLimits } from '../../../src/raft/transport/limits.js';
import type { Link } from '../../../src/raft/transport/link.js';
import { RequestIntake } from '../../../src/raft/transport/request-intake.js';
import type { TransportHandler } from '../../../src/raft/transport/types.js';
import { failureOf } from '../../contracts/transport.js';
import { isConnected, makeNode, openPair, until } from './socket-cluster.js';

t.test('a handler that throws before it returns a promise', async (t) => {
  const one = makeNode(1, [2]);
  const two = makeNode(2, [1]);
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
  two.recorder.answer = () => {
    throw new Error('on purpose');
  };
  await openPair(one, two);
  await until('connected', () => isConnected(one.transport));
  const request = one.transport.request(2, Buffer.from('x'), { timeoutMs: 20_000 });
  t.equal(await failureOf(request), 'unknown');
  t.ok(two.log.lines.some(({ message }) => message === 'request of a peer failed'));
});

t.test('the bytes in progress are limited as well as the number', async (t) => {
  const limits = { requestBytesInProgressMax: 1_000 };
  const one = makeNode(1, [2], { limits });
  const two = makeNode(2, [1], { limits });
  t.teardown(() => Promise.all([one.transport.close(), two.transport.close()]));
  let release: (answer: Uint8Array) => void = () => undefined;
  two.recorder.answer = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  await openPair(one, two);
  await until('connected', () => isConnected(one.transport));
  const ask = () => failureOf(one.transport.request(2, Buffer.alloc(600), { timeoutMs: 20_000 }));
  const first = ask();
  t.equal(await ask(), 'queue-full');
  release(Buffer.from('done'));
  t.equal(await first, 'answered');
  const again = ask();
  await until('it is taken', () => two.recorder.requests.length === 2);
  release(Buffer.from('done'));
  t.equal(await again, 'answered', 'room comes back');
});

t.test('a time beyond what timers can hold is cut, whatever the peer asks for', async (t) => {
  const limits = transportLimits({ requestTimeoutMsMax: 60_000 });
  const given: number[] = [];
  const handler: TransportHandler = {
    onMessages: () => undefined,
    onUnreachable: () => undefined,
    onRequest: async ({ timeoutMs }) => {
      given.push(timeoutMs);
      return Buffer.alloc(0);
    },
  };
  const link = { queuedAnswers: 0, answer: () => undefined } as unknown as Link;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const intake = new RequestIntake({ from: 2, limits, logger });
  for (const timeoutMs of [5_000, Number.MAX_SAFE_INTEGER]) {
    intake.take(link, { id: 1, timeoutMs, body: Buffer.alloc(1) }, handler);
  }
  t.same(given, [5_000, 60_000]);
});
