/** The memory network keeps the contract, and its faults do what they say, by the seed. */
import t from 'tap';
import type { NodeId } from '../../src/raft/core/types.js';
import type { Transport, TransportHandler } from '../../src/raft/transport/types.js';
import {
  appendResponse,
  failureOf,
  Recorder,
  type TransportWorld,
  transportContract,
} from '../contracts/transport.js';
import { ManualClock } from './manual-clock.js';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.js';

class MemoryWorld implements TransportWorld {
  readonly clock = new ManualClock();
  readonly network: MemoryNetwork;
  readonly transports = new Map<NodeId, Transport>();

  constructor(options: Partial<MemoryNetworkOptions> = {}) {
    this.network = new MemoryNetwork({ clock: this.clock, random: seeded(1), ...options });
  }

  async open(handlers: ReadonlyMap<NodeId, TransportHandler>) {
    const ids = [...handlers.keys()];
    for (const [node, handler] of handlers) {
      const info = { node, httpAddress: `http:${node}`, version: '1' };
      const transport = this.network.transport(
        info,
        ids.filter((other) => other !== node),
      );
      this.transports.set(node, transport);
      await transport.open(handler);
    }
    this.clock.advance(100);
    return this.transports;
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    for (let step = 0; step < 10_000; step++) {
      // Let promises settle before and after time moves.
      await new Promise((resolve) => setImmediate(resolve));
      if (condition()) return;
      this.clock.advance(10);
    }
    throw new Error(`waited in vain for: ${what}`);
  }

  async close(): Promise<void> {
    for (const transport of this.transports.values()) await transport.close();
  }
}

transportContract(t, {
  name: 'memory',
  requestsInProgressMax: 50,
  makeWorld: () => new MemoryWorld({ limits: { requestsInProgressMax: 50 } }),
});

t.test('memory: loss, duplication and reordering follow the seed', async (t) => {
  const run = async (seed: number) => {
    const faults = { lossRate: 0.2, duplicateRate: 0.2, reorderRate: 0.3, delayMaxMs: 20 };
    const world = new MemoryWorld({ random: seeded(seed), faults });
    const recorder = new Recorder();
    await world.open(
      new Map([
        [1, new Recorder()],
        [2, recorder],
      ]),
    );
    for (let index = 1; index <= 200; index++) {
      world.transports.get(1)?.send(2, [{ group: 1, message: appendResponse(index) }]);
      world.clock.advance(1);
    }
    world.clock.advance(100);
    await world.close();
    return recorder.messages.map(({ item: { message } }) =>
      message.type === 'append-response' ? message.index : 0,
    );
  };
  const got = await run(7);
  t.strictSame(await run(7), got, 'the same seed, the same deliveries');
  t.notSame(await run(8), got);
  const distinct = new Set(got);
  t.ok(distinct.size < 200, `${200 - distinct.size} were lost`);
  t.ok(got.length > distinct.size, `${got.length - distinct.size} came twice`);
  t.ok(
    got.some((index, at) => index < (got[at - 1] ?? 0)),
    'some came out of order',
  );
});

t.test('memory: a one-way cut is silent at first and then noticed on both sides', async (t) => {
  const world = new MemoryWorld();
  const recorders = new Map([1, 2].map((node) => [node, new Recorder()]));
  await world.open(recorders);
  const one = world.transports.get(1);
  if (one === undefined) throw new Error('node 1 is open');
  world.network.cut(1, 2);
  one.send(2, [{ group: 1, message: appendResponse(1) }]);
  const request = failureOf(one.request(2, Buffer.from('x'), { timeoutMs: 60_000 }));
  world.clock.advance(2_900);
  t.strictSame(recorders.get(1)?.unreachable, []);
  t.strictSame(recorders.get(2)?.messages, []);
  world.clock.advance(200);
  t.strictSame(recorders.get(1)?.unreachable, [2]);
  t.strictSame(recorders.get(2)?.unreachable, [1]);
  t.equal(await request, 'unknown');
  world.network.healAll();
  world.clock.advance(100);
  t.equal(one.peers()[0]?.connected, true);
  one.send(2, [{ group: 1, message: appendResponse(2) }]);
  world.clock.advance(1);
  t.equal(recorders.get(2)?.messages.length, 1);
});

t.test('memory: a node restarts as a new transport', async (t) => {
  const world = new MemoryWorld();
  const recorders = new Map([1, 2].map((node) => [node, new Recorder()]));
  await world.open(recorders);
  await world.transports.get(2)?.close();
  const again = new Recorder();
  const info = { node: 2, httpAddress: 'http:2', version: '2' };
  const restarted = world.network.transport(info, [1]);
  await restarted.open(again);
  world.clock.advance(100);
  world.transports.get(1)?.send(2, [{ group: 1, message: appendResponse(1) }]);
  world.clock.advance(1);
  t.equal(again.messages.length, 1);
  t.equal(world.transports.get(1)?.peers()[0]?.info?.version, '2');
});

/** Mulberry32: small, seeded, good enough to draw faults. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
