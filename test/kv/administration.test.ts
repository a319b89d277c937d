/** Changes of members and transfers over whole nodes: real logs and state, a network in memory. */
import t, { type Test } from 'tap';
import type { MembershipRequest, ShardStatus } from '../../src/kv/service.js';
import { NodeCluster } from './node-cluster.js';

const shard = 1;
const context = { requestId: 'op', timeoutMs: 20_000, forward: true };
const dryRun = false;
const force = false;

/** Five nodes; each shard is held by three of them. */
async function started(t: Test) {
  const cluster = new NodeCluster(t, { nodes: 5, shards: 2, replicas: 3 });
  await cluster.start(...cluster.ids);
  await cluster.ready();
  const seenBy = (node: number): ShardStatus => {
    const status = cluster.at(node).shards()[shard - 1];
    if (status === undefined) throw new Error(`there is no shard ${shard}`);
    return status;
  };
  const held = seenBy(1).members.map(({ node }) => node);
  const spare = cluster.ids.filter((node) => !held.includes(node));
  const leading = () => cluster.running.find((node) => seenBy(node).replica?.role === 'leader');
  const leader = async () => {
    await cluster.until('somebody leads', () => leading() !== undefined);
    return leading() ?? 0;
  };
  /** As the leader sees it, whoever that is. */
  const until = async (what: string, condition: (status: ShardStatus) => boolean) =>
    cluster.until(what, () => {
      const node = leading();
      return node !== undefined && condition(seenBy(node));
    });
  const change = (at: number, request: MembershipRequest, timeoutMs = 20_000) =>
    cluster.at(at).changeMembers(shard, request, { ...context, timeoutMs });
  return { cluster, seenBy, held, spare, leader, until, change };
}

const voters = ({ members }: Pick<ShardStatus, 'members'>) =>
  members.filter(({ role }) => role === 'voter').map(({ node }) => node);

const roles = ({ members }: Pick<ShardStatus, 'members'>) =>
  members.map(({ node, role }) => `${node} ${role}`);

/** A key of the shard, for each of these numbers. */
function keys(cluster: NodeCluster, count: number): string[] {
  const found: string[] = [];
  for (let i = 0; found.length < count; i += 1) {
    if (cluster.at(1).shardOf(Buffer.from(`k${i}`)) === shard) found.push(`k${i}`);
  }
  return found;
}

t.test('a node becomes a member from any node, holds the data, and can lead', async (t) => {
  const { cluster, spare, held, leader, change, seenBy } = await started(t);
  const written = keys(cluster, 20);
  for (const key of written) await cluster.put(1, key, `${key} before`);
  const [young = 0, other = 0] = spare;
  const add = { action: 'add', node: young, learner: false, force, dryRun } as const;
  t.match(await change(other, { ...add, dryRun: true }), { state: 'planned', epoch: 1 });

  const added = await change(other, add);
  t.match(added, { state: 'done', changed: true, detail: `Node ${young} is a voter.` });
  t.same(
    voters(added),
    [...held, young].sort((a, b) => a - b),
  );
  t.ok(added.epoch > 1, 'the epoch of the members has stepped');
  t.match(await change(young, add), { state: 'done', changed: false, epoch: added.epoch });

  const moved = await cluster.at(other).transferLeader(shard, { to: young, dryRun }, context);
  t.match(moved, { state: 'done', changed: true, leader: young });
  t.equal(await leader(), young);
  t.match(seenBy(young), { replica: { role: 'leader', voter: true }, leader: young });
  for (const key of written) {
    const { found, node } = await cluster.get(young, key);
    t.same([found?.value.toString(), node], [`${key} before`, young]);
  }
  await cluster.put(other, written[0] ?? '', 'after');
  t.same(cluster.failures, []);
});

t.test('learner, promotion, demotion, removal: each is done when it is said to be', async (t) => {
  const { cluster, spare, change, seenBy, leader, held } = await started(t);
  const [young = 0] = spare;
  const act = (action: 'promote' | 'demote' | 'remove') =>
    change(1, { action, node: young, dryRun });
  const learner = await change(1, { action: 'add', node: young, learner: true, force, dryRun });
  t.ok(roles(learner).includes(`${young} learner`));
  const promoted = await act('promote');
  t.ok(roles(promoted).includes(`${young} voter`));
  const demoted = await act('demote');
  t.ok(roles(demoted).includes(`${young} learner`));
  const epochs = [learner, promoted, demoted].map(({ epoch }) => epoch);
  t.same(
    epochs,
    [...new Set(epochs)].sort((a, b) => a - b),
    'the epoch rises with each',
  );
  t.match(await act('remove'), { state: 'done', changed: true });
  t.same(voters(seenBy(await leader())), held);
  await cluster.until('its replica is gone', () => seenBy(young).replica === undefined);
  t.match(await act('remove'), { state: 'done', changed: false });
  t.same(cluster.failures, []);
});

t.test('a dead node is replaced, and comes back as no member', async (t) => {
  const { cluster, spare, held, leader, change, seenBy } = await started(t);
  const [key = ''] = keys(cluster, 1);
  await cluster.put(1, key, 'before');
  const first = await leader();
  const dead = held.find((node) => node !== first) ?? 0;
  const [young = 0, other = 0] = spare;
  await cluster.stop(dead);
  const replaced = await change(other, { action: 'replace', node: dead, by: young, force, dryRun });
  t.match(replaced, { state: 'done', changed: true });
  const left = held.filter((node) => node !== dead);
  t.same(new Set(voters(replaced)), new Set([...left, young]));
  await cluster.put(other, key, 'without it');

  await cluster.start(dead);
  await cluster.until('its old replica is gone', () => seenBy(dead).replica === undefined);
  const { found } = await cluster.get(dead, key);
  t.equal(found?.value.toString(), 'without it', 'it still finds the shard');
  t.same(cluster.failures, []);
});

t.test('E9: the leader is removed on its own word, and the shard goes on', async (t) => {
  const { cluster, held, leader, change, seenBy } = await started(t);
  const [key = ''] = keys(cluster, 1);
  const old = await leader();
  const removed = await change(old, { action: 'remove', node: old, dryRun });
  t.match(removed, { state: 'done' });
  t.notOk(voters(removed).includes(old));
  await cluster.put(old, key, 'after');
  await cluster.until('its replica is gone', () => seenBy(old).replica === undefined);
  const next = await leader();
  t.ok(held.includes(next) && next !== old);
  t.same(cluster.failures, []);
});

t.test('what cannot be is refused with the reason, and nothing changes', async (t) => {
  const { cluster, spare, held, leader, until, change, seenBy } = await started(t);
  const [young = 0, away = 0] = spare;
  const led = await leader();
  const epoch = seenBy(led).epoch.members;
  await cluster.stop(away);
  await cluster.until('it is missed', () => {
    const nodes = cluster.at(led).nodes();
    return !nodes.some(({ node, connected }) => node === away && connected);
  });
  const add = { action: 'add', learner: false, force, dryRun } as const;
  await t.rejects(change(led, { ...add, node: away }), { code: 'node_away' });
  await t.rejects(change(1, { ...add, node: 9 }), { code: 'node_not_found' });
  await t.rejects(change(1, { action: 'promote', node: young, dryRun }), { code: 'not_a_member' });
  const expectedEpoch = epoch + 1;
  await t.rejects(change(1, { ...add, node: young, expectedEpoch }), {
    code: 'epoch_mismatch',
    facts: { currentEpoch: epoch },
  });
  const [dead = 0, alive = 0] = held.filter((node) => node !== led);
  await cluster.stop(dead);
  await until('it is not heard from', ({ members }) => {
    return members.find(({ node }) => node === dead)?.progress?.active === false;
  });
  await t.rejects(change(led, { action: 'remove', node: alive, dryRun }), {
    code: 'quorum_at_risk',
    message: new RegExp(`node ${dead} is away`),
  });
  const transfer = cluster.at(led).transferLeader(shard, { to: dead, dryRun }, context);
  await t.rejects(transfer, { code: 'node_away' });
  const status = seenBy(await leader());
  t.same([status.epoch.members, voters(status)], [epoch, held]);
});

t.test('a node that cannot catch up yet: the answer says so, and the leader goes on', async (t) => {
  const { cluster, spare, leader, until, change } = await started(t);
  const [young = 0] = spare;
  await cluster.stop(young);
  const add = { action: 'add', node: young, learner: false, force: true, dryRun } as const;
  const early = await change(await leader(), add, 1_500);
  t.match(early, { state: 'running', changed: true });
  t.ok(roles(early).includes(`${young} learner`));
  t.equal(cluster.at(early.node).statistics().administration.changesUnderWay, 1);
  await cluster.start(young);
  await until('it votes', (status) => voters(status).includes(young));
});
