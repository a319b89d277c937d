/** Where a request goes, what is asked again, and that it never takes longer than it may. */
import t from 'tap';
import { KvError } from '../../../src/kv/errors.js';
import type { ReadRequest, WriteRequest } from '../../../src/kv/service.js';
import {
  decodeAnswer,
  decodeRequest,
  encodeErrorAnswer,
  encodeReadAnswer,
  encodeRequest,
  encodeWriteAnswer,
} from '../../../src/kv/shard/forward-codec.js';
import { RequestError } from '../../../src/raft/transport/types.js';
import { created, Here, missing, type Reply } from './routing-world.js';

const key = Buffer.from('k');
const put: WriteRequest = {
  type: 'put',
  key,
  condition: { ifMatch: 3 },
  value: Buffer.from('v'),
  contentType: 'text/plain',
};
const get: ReadRequest = { key, consistency: 'linearizable' };
const stale: ReadRequest = { key, consistency: 'stale' };
const context = { requestId: 'r1', timeoutMs: 1_000, forward: true };

const refuse = (leader?: number) =>
  encodeErrorAnswer(new KvError('not_leader', { shard: 1, ...(leader && { leader }) }));

t.test('a leader serves its own writes', async (t) => {
  const here = new Here();
  here.leader = 1;
  t.match((await here.settle(here.router.write(put, context))).value, { node: 1 });
  t.same(here.asked, []);
});

t.test('a write goes to the leader in one hop, whole', async (t) => {
  const here = new Here();
  here.leader = 2;
  here.reply = () => encodeWriteAnswer(created(2));
  const { value, tookMs } = await here.settle(here.router.write(put, context));
  t.same(value, created(2));
  t.equal(tookMs, 0);
  t.same(here.targets(), [2]);
  t.same(decodeRequest(here.asked[0]?.body ?? Buffer.alloc(0)), {
    ...put,
    requestId: 'r1',
    group: 1,
  });
  t.equal(here.asked[0]?.timeoutMs, 995, 'the time left, less what the answer needs');
  t.equal(here.router.statistics.forwarded, 1);
});

t.test('what was surely not proposed is offered again, anything else is not', async (t) => {
  const again: [string, Reply][] = [
    ['refused', refuse()],
    ['not sent', new RequestError('not-sent', 'no stream')],
    ['stopping', encodeErrorAnswer(new KvError('stopping'))],
    ['its disk failed', encodeErrorAnswer(new KvError('storage_failed'))],
  ];
  for (const [name, first] of again) {
    const here = new Here();
    here.leader = 2;
    here.reply = (node, attempt) => (attempt === 1 ? first : encodeWriteAnswer(created(node)));
    const { value } = await here.settle(here.router.write(put, context));
    t.match(value, { outcome: 'created' }, name);
    t.equal(here.asked.length, 2, name);
  }
  const never: [string, Reply, string, string][] = [
    ['lost', new RequestError('unknown', 'the link broke'), 'outcome_unknown', 'unknown'],
    ['not readable', Buffer.from('hello'), 'outcome_unknown', 'unknown'],
    ['an answer to a read', encodeReadAnswer(missing(2)), 'outcome_unknown', 'unknown'],
    ['full', new RequestError('queue-full', 'full'), 'overloaded', 'not_applied'],
    ['told', encodeErrorAnswer(new KvError('lost_leadership')), 'lost_leadership', 'not_applied'],
    ['told', encodeErrorAnswer(new KvError('outcome_unknown')), 'outcome_unknown', 'unknown'],
    ['told', encodeErrorAnswer(new KvError('overloaded')), 'overloaded', 'not_applied'],
  ];
  for (const [name, only, code, outcome] of never) {
    const here = new Here();
    here.leader = 2;
    here.reply = () => only;
    const { error } = await here.settle(here.router.write(put, context));
    t.match(error, { code, outcome }, name);
    t.equal(here.asked.length, 1, name);
  }
});

t.test('this node stopping is final', async (t) => {
  const here = new Here();
  here.leader = 1;
  here.onWrite = async () => {
    throw new KvError('stopping');
  };
  const { error, tookMs } = await here.settle(here.router.write(put, context));
  t.match(error, { code: 'stopping' });
  t.equal(tookMs, 0);
});

t.test('no leader: refused within the time of the request', async (t) => {
  for (const timeoutMs of [1, 7, 50, 1_000]) {
    const here = new Here();
    const { error, tookMs } = await here.settle(here.router.write(put, { ...context, timeoutMs }));
    t.match(error, { code: 'no_leader', outcome: 'not_applied', facts: { retryAfterMs: 300 } });
    t.ok(tookMs <= timeoutMs + 1, `${tookMs} of ${timeoutMs} ms`);
    t.equal(here.clock.timers, 0);
  }
});

t.test('a leader that loses the write late does not start the time anew', async (t) => {
  const here = new Here();
  here.leader = 1;
  here.onWrite = (timeoutMs) =>
    here.after(Math.min(900, timeoutMs), () => {
      here.leader = undefined;
      throw new KvError('not_leader', { shard: 1 });
    });
  const { error, tookMs } = await here.settle(here.router.write(put, context));
  t.match(error, { code: 'no_leader' });
  t.ok(tookMs <= 1_001, `${tookMs} of 1000 ms`);
});

t.test('what is offered later gets the time that is left', async (t) => {
  const here = new Here();
  here.leader = 1;
  const given: number[] = [];
  here.onWrite = (timeoutMs) => {
    given.push(timeoutMs);
    return here.after(300, () => {
      throw new KvError('not_leader', { shard: 1 });
    });
  };
  await here.settle(here.router.write(put, context));
  t.equal(given[0], 1_000);
  t.ok(
    given.slice(1).every((timeoutMs, i) => timeoutMs <= 1_000 - 300 * (i + 1)),
    `${given}`,
  );
});

t.test('a new leader ends the pause', async (t) => {
  const here = new Here();
  here.reply = (node) => (here.leader === node ? encodeWriteAnswer(created(node)) : refuse());
  const writing = here.settle(here.router.write(put, context));
  here.clock.after(333, () => {
    here.leader = 3;
    here.router.leaderChanged(1);
  });
  const { value, tookMs } = await writing;
  t.match(value, { node: 3 });
  t.ok(tookMs <= 335, `${tookMs} ms`);
  t.equal(here.clock.timers, 0, 'the timer of the pause is gone');
  here.router.leaderChanged(1);
  here.router.leaderChanged(99);
});

t.test('without a replica here: the members tell who leads, and it is remembered', async (t) => {
  const here = new Here({ held: false });
  here.reply = (node) => (node === 3 ? encodeWriteAnswer(created(3)) : refuse(3));
  const first = await here.settle(here.router.write(put, context));
  t.match(first.value, { node: 3 });
  t.ok(here.asked.length <= 2, 'at most one of them does not lead');
  t.equal(first.tookMs, 0, 'a refusal that names the leader needs no pause');
  here.asked = [];
  await here.settle(here.router.write(put, context));
  t.same(here.targets(), [3]);
  t.equal(here.router.leaderOf(1), 3);
  // The leader moved: the hint is replaced by the refusal.
  here.asked = [];
  here.reply = (node) => (node === 2 ? encodeWriteAnswer(created(2)) : refuse(2));
  await here.settle(here.router.write(put, context));
  t.same(here.targets(), [3, 2]);
});

t.test('two nodes that name each other do not make it spin', async (t) => {
  const here = new Here({ held: false });
  here.reply = (node) => refuse(node === 2 ? 3 : 2);
  const { error } = await here.settle(here.router.write(put, context));
  t.match(error, { code: 'no_leader' });
  t.ok(here.asked.length < 20, `${here.asked.length} questions in a second`);
});

t.test('a read served by a follower does not make it the leader', async (t) => {
  const here = new Here({ held: false });
  here.reply = (node) => encodeReadAnswer(missing(node));
  await here.settle(here.router.read(get, context));
  t.equal(here.router.leaderOf(1), undefined);
});

t.test('reads are served here while a replica is here', async (t) => {
  const here = new Here();
  here.leader = 2;
  t.match((await here.settle(here.router.read(get, context))).value, { node: 1 });
  t.match((await here.settle(here.router.read(stale, context))).value, { node: 1 });
  t.same(here.asked, []);
  here.serving = false;
  here.reply = (node) => encodeReadAnswer(missing(node));
  t.match(
    (await here.settle(here.router.read(get, context))).value,
    { node: 2 },
    'behind the tail',
  );
});

t.test('a replica here that does not get there leaves time for the leader', async (t) => {
  const here = new Here();
  here.leader = 2;
  here.onRead = (timeoutMs) =>
    here.after(timeoutMs, () => {
      throw new KvError('no_leader', { shard: 1 });
    });
  here.reply = (node) => encodeReadAnswer(missing(node));
  const { value, tookMs } = await here.settle(
    here.router.read(get, { ...context, timeoutMs: 5_000 }),
  );
  t.match(value, { node: 2 });
  t.ok(tookMs < 2_600, `${tookMs} ms`);
});

t.test('a read that was lost on the way is asked again elsewhere', async (t) => {
  const here = new Here({ held: false });
  here.reply = (node, attempt) => {
    if (attempt === 1) return new RequestError('unknown', 'the link broke');
    if (attempt === 2) return Buffer.from('garbage');
    if (attempt === 3) return encodeWriteAnswer(created(node));
    return encodeReadAnswer(missing(node));
  };
  const { value } = await here.settle(here.router.read(get, context));
  t.match(value, { found: undefined });
  t.equal(here.asked.length, 4);
});

t.test(
  'a linearizable read without a majority is refused in time, a stale one says how old',
  async (t) => {
    const here = new Here();
    here.onRead = async () => {
      throw new KvError('no_leader', { shard: 1 });
    };
    const linearizable = await here.settle(here.router.read(get, context));
    t.match(linearizable.error, { code: 'no_leader', facts: { shard: 1 } });
    const old = await here.settle(here.router.read({ ...stale, maxStalenessMs: 5 }, context));
    t.match(old.error, { code: 'too_stale', facts: { stalenessMs: 7_000 } });
    for (const { tookMs } of [linearizable, old]) t.ok(tookMs <= 1_001);
  },
);

t.test('the age of a stale answer grows by its way here', async (t) => {
  const here = new Here({ held: false });
  here.reply = () => here.after(40, () => encodeReadAnswer({ ...missing(2), stalenessMs: 100 }));
  const { value } = await here.settle(here.router.read(stale, context));
  t.equal(value?.stalenessMs, 140);
});

t.test('asked not to forward: refused with the address of the leader', async (t) => {
  const here = new Here();
  here.leader = 2;
  const alone = { ...context, forward: false };
  const facts = { leader: 2, leaderHttpAddress: 'http:2' };
  const write = await here.settle(here.router.write(put, alone));
  t.match(write.error, { code: 'not_leader', facts });
  t.equal(write.tookMs, 0);
  t.match((await here.settle(here.router.read(get, alone))).value, { node: 1 });
  here.leader = undefined;
  const nobody = await here.settle(here.router.write(put, alone));
  t.match(nobody.error, { code: 'no_leader' }, 'without a leader it waits for one');
  const away = new Here({ held: false });
  const asks = [() => away.router.write(put, alone), () => away.router.read(get, alone)];
  for (const ask of asks) {
    const { error, tookMs } = await away.settle<unknown>(ask());
    t.match(error, { code: 'not_leader', facts: { leader: 3, leaderHttpAddress: 'http:3' } });
    t.equal(tookMs, 0, 'without a replica nothing will be known later');
  }
  t.same([...here.asked, ...away.asked], []);
});

t.test('a forwarded request is served or refused, never passed on', async (t) => {
  const here = new Here();
  here.leader = 1;
  const serve = async (body: Buffer) =>
    decodeAnswer(await here.router.serve({ from: 2, body, timeoutMs: 100 }));
  const condition = {};
  const base = {
    requestId: 'r',
    group: 1,
    key,
    condition,
    contentType: '',
    value: Buffer.alloc(0),
  };
  t.match(await serve(encodeRequest({ ...base, type: 'put' })), { kind: 'write' });
  t.match(await serve(encodeRequest({ ...base, type: 'linearizable' })), { kind: 'read' });
  t.match(await serve(encodeRequest({ ...base, type: 'stale', maxStalenessMs: 9 })), {
    kind: 'read',
  });
  here.onWrite = async () => {
    throw new KvError('not_leader', { shard: 1, leader: 2 });
  };
  t.match(await serve(encodeRequest({ ...base, type: 'put' })), {
    kind: 'error',
    error: { code: 'not_leader', facts: { leader: 2 } },
  });
  t.match(await serve(Buffer.from('garbage')), {
    kind: 'error',
    error: { code: 'no_leader', outcome: 'not_applied', message: /cannot read/ },
  });
  t.equal(here.lines.filter((line) => line.includes('refused')).length, 2);
  here.onWrite = async () => {
    throw new Error('a bug');
  };
  await t.rejects(serve(encodeRequest({ ...base, type: 'delete' })), /a bug/);
  t.equal(here.router.statistics.served, 6);
  t.same(here.asked, []);
});
