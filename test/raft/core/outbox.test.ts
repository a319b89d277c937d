import t from 'tap';
import { Outbox } from '../../../src/raft/core/outbox.js';
import type { Message } from '../../../src/raft/core/types.js';

const heartbeat: Message = {
  type: 'heartbeat',
  from: 1,
  to: 2,
  term: 1,
  commit: 0,
  context: 0,
  quiet: false,
};

t.test('keeps what may leave apart from what must wait, in order', async (t) => {
  const outbox = new Outbox();
  const answer: Message = { type: 'heartbeat-response', from: 1, to: 2, term: 1, context: 0 };
  outbox.sendNow(heartbeat);
  outbox.sendWhenDurable(answer);
  outbox.sendNow(answer);
  t.same(outbox.take(), { now: [heartbeat, answer], afterDurable: [answer] });
});

t.test('arrays that were taken are never changed afterwards', async (t) => {
  const outbox = new Outbox();
  outbox.sendNow(heartbeat);
  const { now } = outbox.take();
  outbox.sendNow(heartbeat);
  t.equal(now.length, 1);
  t.equal(outbox.take().now.length, 1);
  t.same(outbox.take(), { now: [], afterDurable: [] });
});
