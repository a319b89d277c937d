/** Requests of operators on their way to the leader: three nodes, a network in memory. */
import t from 'tap';
import {
  decodeAdminAnswer,
  decodeAdminRequest,
  encodeAdminRequest,
} from '../../src/kv/admin-codec.js';
import { KvError } from '../../src/kv/errors.js';
import { MembershipService } from '../../src/kv/membership-service.js';
import type { MembershipAnswer, RequestContext, TransferAnswer } from '../../src/kv/service.js';
import type { NodeId } from '../../src/raft/core/types.js';
import { type PeerStatus, RequestError } from '../../src/raft/transport/types.js';
import { ManualClock } from '../simulation/manual-clock.js';

const remove = { action: 'remove', node: 2, dryRun: false } as const;
const context: RequestContext = { requestId: 'op-7', timeoutMs: 1_000, forward: true };

const peer = (node: number): PeerStatus => ({
  ...{ node, address: `peer:${node}`, connected: true, lastError: undefined },
  info: { node, httpAddress: `http:${node}`, version: '1' },
  ...{ queuedBytes: 0, droppedMessages: 0, roundTripMs: undefined },
});

const changed = (node: NodeId): MembershipAnswer => ({
  ...{ shard: 3, node, state: 'done', changed: true, detail: 'x', steps: [], epoch: 2 },
  members: [],
});
const transferred = (node: NodeId): TransferAnswer => ({
  ...{ shard: 3, node, state: 'done', changed: true, leader: 2, term: 4, detail: 'x' },
});

/** Nodes 1 to 3 with one idea of who leads each, and a leader. */
class World {
  readonly clock = new ManualClock();
  leader: NodeId | undefined = 1;
  readonly hints = new Map<NodeId, NodeId>();
  readonly asked: string[] = [];
  readonly kept: NodeId[] = [];
  readonly lines: object[] = [];
  /** What happens on the way to a node, before it is asked. */
  onTheWay: (to: NodeId) => void = () => {};
  /** What happens to its answer. */
  onTheWayBack: (from: NodeId) => void = () => {};
  refusal: KvError | undefined;
  readonly nodes: readonly MembershipService[] = [1, 2, 3].map((node) => this.#node(node));

  #node(node: NodeId): MembershipService {
    const run = async <T>(what: string, answer: (node: NodeId) => T, timeoutMs: number) => {
      this.asked.push(`${what} at ${node} for ${timeoutMs}`);
      if (this.leader !== node) {
        const leader = this.hints.get(node);
        throw new KvError('not_leader', { shard: 3, ...(leader !== undefined && { leader }) });
      }
      if (this.refusal !== undefined) throw this.refusal;
      return answer(node);
    };
    return new MembershipService({
      node,
      nodes: [1, 2, 3],
      hasShard: (shard) => shard === 3,
      leaderOf: () => (this.leader === node ? node : this.hints.get(node)),
      changes: { run: (_shard, _request, timeoutMs) => run('change', changed, timeoutMs) },
      transfers: { run: (_shard, _request, timeoutMs) => run('transfer', transferred, timeoutMs) },
      keepLeadership: () => this.kept.push(node),
      transport: {
        peers: () => [1, 2, 3].filter((other) => other !== node).map(peer),
        request: async (to, body, { timeoutMs }) => {
          this.onTheWay(to);
          const request = { from: node, body: Buffer.from(body), timeoutMs };
          const answer = await this.at(to).serve(request);
          this.onTheWayBack(to);
          return answer;
        },
      },
      clock: this.clock,
      logger: { info: (fields) => this.lines.push(fields), debug() {} },
    });
  }

  at(node: NodeId): MembershipService {
    const service = this.nodes[node - 1];
    if (service === undefined) throw new Error(`there is no node ${node}`);
    return service;
  }

  /** The value or the error, letting time pass until it is there. */
  async settle<T>(promise: Promise<T>): Promise<unknown> {
    let ended: unknown;
    promise.then(
      (value) => {
        ended = value;
      },
      (error: unknown) => {
        ended = error;
      },
    );
    for (let step = 0; step < 1_000 && ended === undefined; step += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (ended === undefined) this.clock.advance(10);
    }
    return ended;
  }
}

t.test('served where the leader is, in one hop', async (t) => {
  const world = new World();
  t.match(await world.at(1).changeMembers(3, remove, context), { node: 1, state: 'done' });
  world.hints.set(2, 1);
  t.match(await world.at(2).transferLeader(3, { to: 2, dryRun: false }, context), { leader: 2 });
  t.same(world.asked, ['change at 1 for 1000', 'transfer at 1 for 900'], 'time for the answer');
  t.match(world.lines, [
    { requestId: 'op-7', shard: 3, change: 'Removing node 2' },
    { requestId: 'op-7', shard: 3, change: /leadership to node 2/ },
  ]);
});

t.test('whoever knows the leader names it; nobody is asked in a circle', async (t) => {
  const world = new World();
  world.leader = 3;
  world.hints.set(1, 2).set(2, 3);
  t.match(await world.settle(world.at(1).changeMembers(3, remove, context)), { node: 3 });
  const circle = new World();
  circle.leader = undefined;
  circle.hints.set(1, 2).set(2, 3).set(3, 2);
  const ended = await circle.settle(circle.at(1).changeMembers(3, remove, context));
  t.match(ended, { code: 'no_leader', retryable: true });
  t.ok(circle.asked.length <= 40, `${circle.asked.length} questions in a second`);
});

t.test('without any hint the nodes are asked in turn', async (t) => {
  const world = new World();
  world.leader = 3;
  t.match(await world.settle(world.at(1).changeMembers(3, remove, context)), { node: 3 });
});

t.test('what names nothing that exists is refused at once, with what there is', async (t) => {
  const world = new World();
  const service = world.at(1);
  await t.rejects(service.changeMembers(9, remove, context), { code: 'shard_not_found' });
  const unknown = service.changeMembers(3, { ...remove, node: 8 }, context);
  await t.rejects(unknown, { code: 'node_not_found', message: /no node 8 .* nodes 1, 2, 3/ });
  const replace = { action: 'replace', node: 2, by: 8, force: false, dryRun: false } as const;
  await t.rejects(service.changeMembers(3, replace, context), { code: 'node_not_found' });
  const to = service.transferLeader(3, { to: 8, dryRun: false }, context);
  await t.rejects(to, { code: 'node_not_found' });
  t.same(world.asked, []);
});

t.test('Kvorum-Forward: never is told whom to ask', async (t) => {
  const world = new World();
  world.leader = 2;
  world.hints.set(1, 2);
  const alone = { ...context, forward: false };
  await t.rejects(world.at(1).changeMembers(3, remove, alone), {
    code: 'not_leader',
    facts: { leader: 2, leaderHttpAddress: 'http:2' },
  });
  t.match(await world.at(2).changeMembers(3, remove, alone), { node: 2 });
  world.asked.length = 0;
  const unknowing = await world.settle(world.at(3).changeMembers(3, remove, alone));
  t.match(unknowing, { code: 'no_leader' }, 'nobody is named who is only a guess');
  t.notMatch(world.asked.join(), 'at 1');
});

t.test('a refusal of the leader is final, and arrives with its reason', async (t) => {
  const world = new World();
  world.leader = 2;
  world.hints.set(1, 2);
  world.refusal = new KvError('quorum_at_risk', { shard: 3 }, 'node 3 is away');
  const refused = world.at(1).changeMembers(3, remove, context);
  await t.rejects(refused, { code: 'quorum_at_risk', message: 'node 3 is away' });
  t.equal(world.asked.length, 1);
});

t.test('a lost answer: asked again, unless it is bound to an epoch', async (t) => {
  const lose = (world: World) => {
    world.leader = 2;
    world.hints.set(1, 2);
    world.onTheWayBack = () => {
      world.onTheWayBack = () => {};
      throw new RequestError('unknown', 'the link was lost');
    };
  };
  const world = new World();
  lose(world);
  t.match(await world.settle(world.at(1).changeMembers(3, remove, context)), { state: 'done' });
  t.equal(world.asked.length, 2);
  const bound = new World();
  lose(bound);
  const once = bound.at(1).changeMembers(3, { ...remove, expectedEpoch: 1 }, context);
  t.match(await bound.settle(once), { code: 'outcome_unknown', outcome: 'unknown' });
  const best = new World();
  lose(best);
  const transfer = best.at(1).transferLeader(3, { to: 'best', dryRun: false }, context);
  t.match(await best.settle(transfer), { code: 'outcome_unknown' }, 'twice is two transfers');
});

t.test('lost for good is unknown, and never "not applied"', async (t) => {
  const world = new World();
  world.leader = 2;
  world.hints.set(1, 2);
  world.onTheWayBack = () => {
    throw new RequestError('unknown', 'the link was lost');
  };
  const ended = await world.settle(world.at(1).changeMembers(3, remove, context));
  t.match(ended, { code: 'outcome_unknown', message: 'the link was lost.' });
  world.onTheWayBack = () => {};
  world.onTheWay = () => {
    throw new RequestError('not-sent', 'no stream');
  };
  const never = await world.settle(world.at(1).changeMembers(3, remove, context));
  t.match(never, { code: 'no_leader', outcome: 'not_applied' });
});

t.test('the target of a transfer hears that it is wanted', async (t) => {
  const world = new World();
  world.at(1).announce(3, 2);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(world.kept, [2]);
  world.onTheWay = () => {
    throw new RequestError('not-sent', 'no stream');
  };
  world.at(1).announce(3, 2);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(world.kept, [2], 'and it is no harm when it does not');
});

t.test('what a peer sends that is no such request is refused, not passed on', async (t) => {
  const world = new World();
  const serve = (body: Buffer) => world.at(2).serve({ from: 1, body, timeoutMs: 500 });
  const answer = decodeAdminAnswer(await serve(Buffer.from([0x12, 9])));
  t.match(answer, { kind: 'error', error: { code: 'no_leader', message: /cannot read/ } });
  const request = encodeAdminRequest({ kind: 'members', requestId: '', shard: 3, request: remove });
  t.match(decodeAdminRequest(request), { request: remove });
  t.match(decodeAdminAnswer(await serve(request)), { error: { code: 'not_leader' } });
  t.same(world.asked, ['change at 2 for 400'], 'never by another hop');
});
