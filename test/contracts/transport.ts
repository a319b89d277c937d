/**
 * What every Transport promises, real or in memory. Loss, delay and reordering across streams are
 * allowed by the interface and not tested here; what is tested runs on a healthy network.
 */
import type { Test } from 'tap';
import type { Message, NodeId } from '../../src/raft/core/types.js';
import {
  type GroupMessage,
  RequestError,
  type RequestFailure,
  type Transport,
  type TransportHandler,
} from '../../src/raft/transport/types.js';

/** Three nodes, 1 to 3, on one network. */
export interface TransportWorld {
  /** Opens all three with these handlers; resolves when each is connected to each. */
  open(handlers: ReadonlyMap<NodeId, TransportHandler>): Promise<ReadonlyMap<NodeId, Transport>>;
  /** Lets the world's time go on until this holds; rejects when it does not come to hold. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** Ends what is still open. */
  close(): Promise<void>;
}

export interface ContractOptions {
  readonly name: string;
  /** How many requests of one peer are worked on at a time in this world. */
  readonly requestsInProgressMax: number;
  readonly makeWorld: () => TransportWorld;
}

/** A handler that keeps what it got; `answer` decides about requests. */
export class Recorder implements TransportHandler {
  readonly messages: { from: NodeId; item: GroupMessage }[] = [];
  readonly requests: string[] = [];
  readonly unreachable: NodeId[] = [];
  answer: (body: string, timeoutMs: number) => Promise<Uint8Array>;

  constructor() {
    this.answer = async (body) => Buffer.from(`answer to ${body}`);
  }

  onMessages(from: NodeId, messages: readonly GroupMessage[]): void {
    for (const item of messages) this.messages.push({ from, item });
  }

  onRequest(request: { from: NodeId; body: Buffer; timeoutMs: number }): Promise<Uint8Array> {
    const body = request.body.toString('utf8');
    this.requests.push(`${request.from}:${body}`);
    return this.answer(body, request.timeoutMs);
  }

  onUnreachable(node: NodeId): void {
    this.unreachable.push(node);
  }
}

export function appendResponse(index: number): Message {
  const ends = { from: 1, to: 2, term: 1 };
  return {
    type: 'append-response',
    ...ends,
    rejected: false,
    index,
    hintIndex: 0,
    hintTerm: 0,
    wantsSnapshot: false,
  };
}

export function append(index: number, data: Uint8Array): Message {
  const entries = [{ index: index + 1, term: 1, kind: 1 as const, data }];
  const at = { previousIndex: index, previousTerm: 1, commit: 0 };
  return { type: 'append', from: 1, to: 2, term: 1, ...at, entries };
}

export async function failureOf(request: Promise<Buffer>): Promise<RequestFailure | 'answered'> {
  try {
    await request;
    return 'answered';
  } catch (error) {
    if (error instanceof RequestError) return error.failure;
    throw error;
  }
}

export function transportContract(t: Test, options: ContractOptions): void {
  const { name, makeWorld } = options;
  messageTests(t, name, makeWorld);
  requestTests(t, options);
  refusalTests(t, options);
  lifecycleTests(t, name, makeWorld);
}

function messageTests(t: Test, name: string, makeWorld: () => TransportWorld): void {
  t.test(`${name}: messages arrive whole and in the order of their stream`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    for (let index = 1; index <= 300; index++) {
      transport(1).send(2, [{ group: index % 7, message: appendResponse(index) }]);
    }
    await world.until('all messages', () => recorder(2).messages.length >= 300);
    const expected = Array.from({ length: 300 }, (_, at) => ({
      from: 1,
      item: { group: (at + 1) % 7, message: appendResponse(at + 1) },
    }));
    t.strictSame(recorder(2).messages, expected);
    t.strictSame(recorder(3).messages, [], 'nobody else hears of it');
  });

  t.test(`${name}: large appends arrive whole and in order`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    for (let index = 1; index <= 5; index++) {
      const data = Buffer.alloc(index % 2 === 0 ? 100 : 300_000, index);
      transport(1).send(2, [{ group: 4, message: append(index, data) }]);
    }
    await world.until('all appends', () => recorder(2).messages.length >= 5);
    const got = recorder(2).messages.map(({ item }) => item.message);
    t.strictSame(
      got.map((message) => message.type === 'append' && message.previousIndex),
      [1, 2, 3, 4, 5],
      'a small append does not overtake the large one before it',
    );
    const last = got[4];
    const data = last?.type === 'append' ? last.entries[0]?.data : undefined;
    t.ok(data !== undefined && Buffer.alloc(300_000, 5).equals(data));
  });

  t.test(`${name}: the heartbeats of all groups arrive`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    const beats: GroupMessage[] = Array.from({ length: 500 }, (_, group) => ({
      group,
      message: {
        type: 'heartbeat',
        from: 1,
        to: 2,
        term: 9,
        commit: group,
        context: 3,
        quiet: false,
      },
    }));
    transport(1).send(2, beats);
    await world.until('all heartbeats', () => recorder(2).messages.length >= 500);
    t.strictSame(
      recorder(2).messages.map(({ item }) => item),
      beats,
    );
  });
}

function requestTests(t: Test, options: ContractOptions): void {
  const { name, makeWorld, requestsInProgressMax } = options;

  t.test(`${name}: requests are answered, each with its own answer`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    const bodies = Array.from({ length: requestsInProgressMax }, (_, at) => `request ${at}`);
    const answers: string[] = [];
    for (const [at, body] of bodies.entries()) {
      transport(3)
        .request(1, Buffer.from(body), { timeoutMs: 20_000 })
        .then((answer) => {
          answers[at] = answer.toString('utf8');
        });
    }
    await world.until('all answers', () => Object.keys(answers).length === bodies.length);
    t.strictSame(
      answers,
      bodies.map((body) => `answer to ${body}`),
    );
    t.strictSame(
      recorder(1).requests,
      bodies.map((body) => `3:${body}`),
    );
  });

  t.test(`${name}: the time left travels with the request`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    let leftMs = 0;
    recorder(2).answer = async (_body, timeoutMs) => {
      leftMs = timeoutMs;
      return Buffer.alloc(0);
    };
    let answered = 0;
    transport(1)
      .request(2, Buffer.from('x'), { timeoutMs: 20_000 })
      .then((answer) => {
        t.equal(answer.length, 0, 'an answer may be empty');
        answered++;
      });
    await world.until('the answer', () => answered === 1);
    t.ok(leftMs > 0 && leftMs <= 20_000, `${leftMs} ms are left of 20000`);
  });

  t.test(`${name}: a rejected or unanswered request is unknown`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    recorder(2).answer = (body) =>
      body === 'reject' ? Promise.reject(new Error('on purpose')) : new Promise(() => undefined);
    const rejected = failureOf(
      transport(1).request(2, Buffer.from('reject'), { timeoutMs: 20_000 }),
    );
    const silent = failureOf(transport(1).request(2, Buffer.from('silent'), { timeoutMs: 200 }));
    let done = 0;
    const count = () => done++;
    rejected.then(count, count);
    silent.then(count, count);
    await world.until('both failed', () => done === 2);
    t.equal(await rejected, 'unknown');
    t.equal(await silent, 'unknown');
  });
}

function refusalTests(t: Test, options: ContractOptions): void {
  const { name, makeWorld, requestsInProgressMax } = options;

  t.test(`${name}: over the receiver's bound a request is refused unprocessed`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    recorder(2).answer = async () => {
      await held;
      return Buffer.from('late');
    };
    const outcomes: string[] = [];
    const all = Array.from({ length: requestsInProgressMax + 3 }, async (_, at) => {
      const request = transport(1).request(2, Buffer.from(String(at)), { timeoutMs: 20_000 });
      outcomes.push(await failureOf(request));
    });
    await world.until('the surplus is refused', () => outcomes.length === 3);
    t.strictSame(outcomes, ['queue-full', 'queue-full', 'queue-full']);
    t.equal(recorder(2).requests.length, requestsInProgressMax, 'the others were looked at');
    release();
    await world.until('the rest is answered', () => outcomes.length === all.length);
    t.equal(outcomes.filter((outcome) => outcome === 'answered').length, requestsInProgressMax);
  });

  t.test(`${name}: a request to a stranger was not sent`, async (t) => {
    const { transport } = await openWorld(t, makeWorld);
    t.equal(
      await failureOf(transport(1).request(9, Buffer.from('x'), { timeoutMs: 50 })),
      'not-sent',
    );
    transport(1).send(9, [{ group: 0, message: appendResponse(1) }]);
  });
}

function lifecycleTests(t: Test, name: string, makeWorld: () => TransportWorld): void {
  t.test(
    `${name}: a closed peer is told once and its requests are not lost silently`,
    async (t) => {
      const { world, transport, recorder } = await openWorld(t, makeWorld);
      recorder(2).answer = () => new Promise(() => undefined);
      const waiting = failureOf(transport(1).request(2, Buffer.from('x'), { timeoutMs: 60_000 }));
      await world.until('the request arrived', () => recorder(2).requests.length === 1);
      await transport(2).close();
      await world.until('node 1 noticed', () => recorder(1).unreachable.length > 0);
      t.equal(await waiting, 'unknown', 'it may have been processed');
      const status = () =>
        transport(1)
          .peers()
          .find((peer) => peer.node === 2);
      await world.until('not connected', () => status()?.connected === false);
      t.equal(
        await failureOf(transport(1).request(2, Buffer.from('y'), { timeoutMs: 50 })),
        'not-sent',
      );
      const before = status()?.droppedMessages ?? 0;
      transport(1).send(2, [{ group: 0, message: appendResponse(1) }]);
      t.equal(status()?.droppedMessages, before + 1, 'what cannot be sent is counted');
      t.strictSame(recorder(1).unreachable, [2], 'told once');
    },
  );

  t.test(`${name}: peers tells who is there`, async (t) => {
    const { transport } = await openWorld(t, makeWorld);
    const peers = transport(2).peers();
    t.strictSame(peers.map((peer) => peer.node).sort(), [1, 3]);
    for (const peer of peers) {
      t.equal(peer.connected, true);
      t.equal(peer.lastError, undefined);
      t.equal(peer.info?.node, peer.node);
      t.type(peer.info?.httpAddress, 'string');
    }
  });

  t.test(`${name}: close is idempotent, and nothing works after it`, async (t) => {
    const { world, transport, recorder } = await openWorld(t, makeWorld);
    await Promise.all([transport(1).close(), transport(1).close()]);
    await transport(1).close();
    t.equal(
      await failureOf(transport(1).request(2, Buffer.from('x'), { timeoutMs: 50 })),
      'not-sent',
    );
    transport(1).send(2, [{ group: 0, message: appendResponse(1) }]);
    await world.until('node 2 noticed', () => recorder(2).unreachable.length > 0);
    t.strictSame(recorder(1).unreachable, [], 'who closes is not told that others are away');
    t.strictSame(recorder(2).messages, []);
  });
}

interface Opened {
  readonly world: TransportWorld;
  transport(node: NodeId): Transport;
  recorder(node: NodeId): Recorder;
}

async function openWorld(t: Test, makeWorld: () => TransportWorld): Promise<Opened> {
  const world = makeWorld();
  t.teardown(() => world.close());
  const recorders = new Map([1, 2, 3].map((node) => [node, new Recorder()]));
  const transports = await world.open(recorders);
  // Before they knew each other's addresses they may well have been unreachable.
  for (const recorder of recorders.values()) recorder.unreachable.length = 0;
  return {
    world,
    transport: (node) => known(transports.get(node)),
    recorder: (node) => known(recorders.get(node)),
  };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the world has nodes 1, 2 and 3');
  return value;
}
