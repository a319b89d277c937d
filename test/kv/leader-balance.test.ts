/** Leadership goes to whoever the map prefers: one shard at a time, to a replica that keeps up. */
import t, { type Test } from 'tap';
import { defaultLeaderBalanceTiming, LeaderBalance } from '../../src/kv/leader-balance.js';
import { ShardMap } from '../../src/kv/shard/shard-map.js';
import { HostWorld, replicaOf, sentMessages } from '../raft/host-world.js';

const { periodMs, settleMs, retryMs } = defaultLeaderBalanceTiming;

/** Shards 1, 2, ... prefer these nodes; node 1 balances. */
function balanced(t: Test, ...preferred: number[]) {
  const world = new HostWorld(t, { groups: preferred.length });
  const members = [1, 2, 3].map((node) => ({ node, replica: replicaOf(node) }));
  const size = 2 ** 32 / preferred.length;
  const shards = preferred.map((preferredLeader, i) => ({
    group: i + 1,
    range: { start: Math.floor(i * size), end: Math.floor((i + 1) * size) },
    members,
    ringPosition: 0,
    preferredLeader,
  }));
  const { host } = world.at(1);
  const map = new ShardMap(1, shards);
  const timing = defaultLeaderBalanceTiming;
  const busyWith = new Set<number>();
  const busy = (shard: number) => busyWith.has(shard);
  const balance = new LeaderBalance({
    node: 1,
    directory: { map },
    host,
    clock: world.clock,
    timing,
    busy,
  });
  t.teardown(() => balance.stop());
  const leadAll = async () => {
    for (const { group } of shards) await world.elect(1, group);
  };
  const ledBy = (node: number) =>
    shards.map(({ group }) => group).filter((group) => world.leads(node, group));
  return { world, balance, leadAll, ledBy, busyWith };
}

t.test('at the first start the preferred leaders campaign at once', async (t) => {
  const { world, balance, ledBy } = balanced(t, 1, 2, 1);
  balance.start({ campaign: true });
  await world.pump();
  t.same(ledBy(1), [1, 3]);
});

t.test('later nobody campaigns for that', async (t) => {
  const { world, balance, ledBy } = balanced(t, 1);
  balance.start({ campaign: false });
  await world.pump();
  t.same(ledBy(1), []);
});

t.test('after it has settled, one leadership after the other goes where it belongs', async (t) => {
  const { world, balance, leadAll, ledBy } = balanced(t, 2, 1, 3, 2);
  await leadAll();
  balance.start({ campaign: false });
  await world.pass(settleMs);
  t.same(ledBy(1), [1, 2, 3, 4], 'new leaders keep their shards for a while');
  await world.pass(periodMs);
  t.equal(ledBy(1).length, 3, 'one in a period');
  await world.pass(5 * periodMs);
  t.same([ledBy(1), ledBy(2), ledBy(3)], [[2], [1, 4], [3]]);
});

t.test('what an operator wants to be led here stays for a while', async (t) => {
  const { world, balance, leadAll, ledBy } = balanced(t, 2);
  balance.start({ campaign: false });
  balance.keep(1);
  await leadAll();
  await world.pass(defaultLeaderBalanceTiming.operatorMs - 5 * periodMs);
  t.same(ledBy(1), [1]);
  await world.pass(10 * periodMs);
  t.same(ledBy(2), [1]);
});

t.test('a shard whose members are being changed stays until that is done', async (t) => {
  const { world, balance, leadAll, ledBy, busyWith } = balanced(t, 2);
  balance.start({ campaign: false });
  busyWith.add(1);
  await leadAll();
  await world.pass(settleMs + 5 * periodMs);
  t.same(ledBy(1), [1]);
  busyWith.clear();
  await world.pass(2 * periodMs);
  t.same(ledBy(2), [1]);
});

t.test('a replica that does not keep up is not made leader', async (t) => {
  const { world, balance, leadAll, ledBy } = balanced(t, 2);
  await leadAll();
  world.reaches = ({ from, to }) => from !== 2 && to !== 2;
  world.at(1).host.onUnreachable(2);
  balance.start({ campaign: false });
  await world.pass(settleMs + 5 * periodMs);
  t.same(ledBy(1), [1]);
  t.notOk(sentMessages(world.at(1)).some(({ type }) => type === 'timeout-now'));
  world.reaches = () => true;
  await world.pass(4 * periodMs);
  t.same(ledBy(2), [1], 'it came back and has caught up');
});

t.test('an attempt that fails is not repeated at once', async (t) => {
  const { world, balance, leadAll } = balanced(t, 2);
  await leadAll();
  world.reaches = ({ message }) => message.type !== 'timeout-now';
  balance.start({ campaign: false });
  const attempts = () => sentMessages(world.at(1)).filter(({ type }) => type === 'timeout-now');
  await world.pass(settleMs + 3 * periodMs);
  const first = attempts().length;
  t.ok(first > 0, 'the core asks again within an attempt');
  await world.pass(retryMs - 4 * periodMs);
  t.equal(attempts().length, first);
  await world.pass(4 * periodMs);
  t.ok(attempts().length > first);
});

t.test('H1: what the preferred node gave away itself is not sent back at once', async (t) => {
  const { world, balance, leadAll, ledBy } = balanced(t, 2);
  await leadAll();
  balance.askedToLead(1, 2);
  balance.start({ campaign: false });
  await world.pass(defaultLeaderBalanceTiming.returnMs - 5 * periodMs);
  t.same(ledBy(1), [1], 'it had a reason');
  await world.pass(10 * periodMs);
  t.same(ledBy(2), [1]);
});

t.test('a node that was restarted gets back what it gave away to stop', async (t) => {
  const { world, balance, leadAll, ledBy } = balanced(t, 2, 2);
  await leadAll();
  balance.askedToLead(1, 2);
  balance.askedToLead(2, 3);
  balance.unreachable(2);
  balance.start({ campaign: false });
  await world.pass(settleMs + 4 * periodMs);
  t.same(ledBy(2), [1, 2]);
});

t.test('stopping ends it', async (t) => {
  const { world, balance, leadAll, ledBy } = balanced(t, 2);
  await leadAll();
  balance.start({ campaign: false });
  balance.stop();
  balance.stop();
  await world.pass(settleMs + 5 * periodMs);
  t.same(ledBy(1), [1]);
});
