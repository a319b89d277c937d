/** A removed replica that nobody it knows can tell so. */
import t from 'tap';
import { OrphanCheck } from '../../src/kv/orphan-check.js';
import type { Host } from '../../src/raft/host.js';
import { ManualClock } from '../simulation/manual-clock.js';
import { NodeCluster } from './node-cluster.js';

const context = { requestId: 'orphan', timeoutMs: 20_000, forward: true };
const tuning = { orphanCheck: { periodMs: 200, answerMs: 1_000 } };

t.test('it was away while all members moved, and learns that it is none (sys 26)', async (t) => {
  const cluster = new NodeCluster(t, { nodes: 6, shards: 1, replicas: 3, tuning });
  await cluster.start(...cluster.ids);
  const holders = () =>
    cluster.running.filter((id) => cluster.at(id).shards()[0]?.replica !== undefined);
  await cluster.until('there is a leader', () => cluster.leaderOf('k', holders()[0]) !== undefined);
  await cluster.put(1, 'k', 'v');
  const before = holders();
  const others = cluster.ids.filter((id) => !before.includes(id));
  const away = before.find((id) => id !== cluster.leaderOf('k', before[0])) ?? 0;
  await cluster.stop(away);
  // The one that is away goes first, while its old friends could still tell it.
  const order = [away, ...before.filter((id) => id !== away)];
  for (const [i, node] of order.entries()) {
    const request = { action: 'replace', node, by: others[i] ?? 0, force: false } as const;
    await cluster.at(others[2] ?? 0).changeMembers(1, { ...request, dryRun: false }, context);
  }
  const forgotten = (ids: number[]) =>
    ids.every((id) => cluster.at(id).shards()[0]?.replica === undefined);
  await cluster.until('its friends are gone', () => forgotten(order.slice(1)));
  await cluster.start(away);
  t.notOk(forgotten([away]));
  await cluster.until('it has forgotten', () => forgotten([away]));
  t.equal(`${(await cluster.get(away, 'k')).found?.value}`, 'v');
  t.equal(cluster.failures.length, 0);
});

t.test('only who hears no leader asks, and only for as long', async (t) => {
  const clock = new ManualClock();
  const group = { id: 1, replica: 11, raft: { leader: 0 } };
  const asked: number[] = [];
  const told: unknown[] = [];
  const answer = Buffer.alloc(24);
  const check = new OrphanCheck({
    ...{ node: 1, nodes: [1, 2, 3], clock, timing: { periodMs: 1_000, answerMs: 500 } },
    host: {
      groups: () => [group],
      group: () => undefined,
      toldRemoved: (_group: unknown, by: unknown) => told.push(by),
    } as unknown as Host,
    transport: {
      request: async (node) => {
        asked.push(node);
        if (node === 2) throw new Error('away');
        return answer;
      },
    },
  });
  const pass = async () => {
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  };
  check.start();
  await pass();
  t.same(asked, [], 'an election may be under way');
  await pass();
  t.same(asked, [2, 3]);
  t.same(told, []);
  answer[0] = 1;
  answer[1] = 1;
  answer.writeDoubleLE(14, 8);
  answer.writeDoubleLE(7, 16);
  await pass();
  t.same(told, [{ replica: 14, term: 7, node: 3 }]);
  group.raft.leader = 12;
  await pass();
  await pass();
  t.equal(asked.length, 4);
  check.stop();
  t.equal(clock.timers, 0);
});

t.test('whoever does not lead, or is asked nonsense, says nothing', async (t) => {
  const raft = {
    leadership: { settled: false },
    membership: { acquaintance: (id: number) => (id < 20 ? 'gone' : 'member') },
    status: { term: 7 },
  };
  const check = new OrphanCheck({
    ...{ node: 1, nodes: [1], clock: new ManualClock() },
    timing: { periodMs: 1, answerMs: 1 },
    host: { group: () => ({ replica: 30, raft }) } as unknown as Host,
    transport: { request: () => Promise.reject(new Error('nobody is asked')) },
  });
  const ask = (replica: number) => {
    const body = Buffer.alloc(16);
    body[1] = 1;
    body.writeDoubleLE(replica, 8);
    return check.serve({ from: 2, body, timeoutMs: 1 });
  };
  t.equal((await ask(11))[1], 0, 'its members may not know yet');
  raft.leadership.settled = true;
  t.equal((await ask(11))[1], 1);
  t.equal((await ask(11)).readDoubleLE(8), 30);
  t.equal((await ask(25))[1], 0, 'a member');
  t.equal((await check.serve({ from: 2, body: Buffer.alloc(3), timeoutMs: 1 }))[1], 0);
});
