/**
 * Node 1 with its replica and its network as a test wants them, in virtual time; the shard's other
 * members are nodes 2 and 3.
 */
import { KvError } from '../../../src/kv/errors.js';
import type { ReadAnswer, WriteAnswer, WriteRequest } from '../../../src/kv/service.js';
import { type LocalService, Router } from '../../../src/kv/shard/routing.js';
import { ShardMap } from '../../../src/kv/shard/shard-map.js';
import { type PeerStatus, RequestError } from '../../../src/raft/transport/types.js';
import { ManualClock } from '../../simulation/manual-clock.js';

export const created = (node: number): WriteAnswer => ({
  shard: 1,
  node,
  shardRevision: 1,
  outcome: 'created',
});
export const missing = (node: number): ReadAnswer => ({
  shard: 1,
  node,
  shardRevision: 1,
  found: undefined,
});

export type Reply = Buffer | Error | Promise<Buffer>;

export class Here implements LocalService {
  readonly clock = new ManualClock();
  readonly router: Router;
  leader: number | undefined;
  readonly held: boolean;
  serving = true;
  asked: { node: number; atMs: number; timeoutMs: number; body: Buffer }[] = [];
  reply: (node: number, attempt: number) => Reply = () => new RequestError('not-sent', 'no stream');
  onWrite: (timeoutMs: number) => Promise<WriteAnswer> = async () => {
    if (this.leads()) return created(1);
    throw new KvError('not_leader', { shard: 1 });
  };
  onRead: (timeoutMs: number) => Promise<ReadAnswer> = async () => missing(1);
  readonly lines: string[] = [];

  constructor({ held } = { held: true }) {
    this.held = held;
    const members = (held ? [1, 2, 3] : [2, 3]).map((node) => ({ node, replica: node }));
    const range = { start: 0, end: 2 ** 32 };
    const shard = { group: 1, range, members, ringPosition: 0, preferredLeader: 3 };
    this.router = new Router({
      node: 1,
      nodes: [1, 2, 3, 4, 5],
      directory: { map: new ShardMap(1, [shard]) },
      local: this,
      clock: this.clock,
      logger: { debug: (_fields, message) => this.lines.push(message) },
      transport: {
        peers: () => [peer(2), peer(3)],
        request: async (node, body, { timeoutMs }) => {
          const { asked, clock } = this;
          asked.push({ node, atMs: clock.monotonicMs(), timeoutMs, body: Buffer.from(body) });
          const reply = this.reply(node, asked.length);
          if (reply instanceof Error) throw reply;
          return reply;
        },
      },
    });
  }

  holds = () => this.held;
  membersOf = () => (this.held ? [1, 2, 3] : undefined);
  canServe = () => this.held && this.serving;
  leads = () => this.leader === 1 && this.held;
  leaderOf = () => this.leader;
  stalenessMs = () => 7_000;
  write = (_shard: number, _request: WriteRequest, timeoutMs: number) => this.onWrite(timeoutMs);
  readLinearizable = (_shard: number, _key: Buffer, timeoutMs: number) => this.onRead(timeoutMs);
  readStale = (_shard: number, _key: Buffer, { timeoutMs }: { timeoutMs: number }) =>
    this.onRead(timeoutMs);

  targets(): number[] {
    return this.asked.map(({ node }) => node);
  }

  /** Lets time pass until the promise settles; what it came to, and how long it took. */
  async settle<T>(promise: Promise<T>): Promise<{ value?: T; error?: unknown; tookMs: number }> {
    const startMs = this.clock.monotonicMs();
    const seen: { value?: T; error?: unknown; done?: true } = {};
    promise.then(
      (value) => Object.assign(seen, { value, done: true }),
      (error: unknown) => Object.assign(seen, { error, done: true }),
    );
    for (let step = 0; step < 100_000; step += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (seen.done) break;
      this.clock.advance(1);
    }
    return { ...seen, tookMs: this.clock.monotonicMs() - startMs };
  }

  after<T>(delayMs: number, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.clock.after(delayMs, () => {
        try {
          resolve(act());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}

function peer(node: number): PeerStatus {
  return {
    node,
    address: `peer:${node}`,
    connected: true,
    info: { node, httpAddress: `http:${node}`, version: '1' },
    lastError: undefined,
    queuedBytes: 0,
    droppedMessages: 0,
    roundTripMs: undefined,
  };
}
