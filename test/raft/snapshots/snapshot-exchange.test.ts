/** Snapshots between whole hosts: a follower that was away for longer than the log is kept. */
import t, { type Test } from 'tap';
import { HostWorld, type HostWorldOptions } from '../host-world.js';

const put = (world: HostWorld, node: number, count: number) => {
  for (let i = 0; i < count; i += 1) void world.at(node).host.propose(1, Buffer.from(`${i}`));
};

/** Node 3 was away while 30 entries were committed, and the log of node 1 begins after 20. */
async function behind(t: Test, options: HostWorldOptions = {}): Promise<HostWorld> {
  const world = new HostWorld(t, options);
  await world.elect(1);
  await world.pass(100);
  world.reaches = ({ from, to }) => from !== 3 && to !== 3;
  world.connects = ({ from, to }) => from !== 3 && to !== 3;
  put(world, 1, 30);
  await world.pump();
  const { wal, stateMachine } = world.at(1);
  stateMachine.durables.set(1, 20);
  wal.tails.set(1, 1);
  wal.pressed = [{ group: 1, upTo: 20 }];
  await world.pass(1_000);
  t.equal(world.at(1).host.group(1)?.raft.status.firstIndex, 21);
  wal.pressed = [];
  return world;
}

function heal(world: HostWorld): void {
  world.reaches = () => true;
  world.connects = () => true;
}

t.test('a follower behind the log gets a snapshot and goes on from there', async (t) => {
  const world = await behind(t, { snapshotLimits: { chunkBytesMax: 50 } });
  heal(world);
  await world.pass(500);
  const { host, stateMachine, wal } = world.at(3);
  t.same(stateMachine.texts(1), world.at(1).stateMachine.texts(1));
  t.match(host.snapshots.statistics, { received: 1, installed: 1, failed: 0, transfers: [] });
  t.match(world.at(1).host.snapshots.statistics, { made: 1, failed: 0 });
  t.ok(world.requests >= 10, `${world.requests} pieces`);
  t.match(
    wal.batches.flatMap(({ writes }) => writes).find((write) => write.snapshot),
    {
      snapshot: { index: 31, configuration: { voters: [{ node: 1 }, { node: 2 }, { node: 3 }] } },
    },
  );
  put(world, 1, 5);
  await world.pass(100);
  t.equal(stateMachine.texts(1).length, 35, 'and entries follow it');
  t.equal(stateMachine.snapshots.received.size, 0, 'the file went when its state was there');
});

t.test('a broken connection: the pieces go on where they ended', async (t) => {
  const world = await behind(t, { snapshotLimits: { chunkBytesMax: 50 } });
  heal(world);
  let left = 8;
  world.connects = () => {
    left -= 1;
    return left > 0;
  };
  await world.pass(400);
  const [transfer] = world.at(3).host.snapshots.statistics.transfers;
  t.match(transfer, { group: 1, peer: 1, state: 'receiving', index: 31 });
  t.equal(transfer?.bytesDone, 350);
  const requests = world.requests;
  heal(world);
  await world.pass(500);
  t.equal(world.at(3).stateMachine.texts(1).length, 30);
  t.ok(world.requests - requests < (transfer?.bytesTotal ?? 0) / 50 - 5, 'not from the beginning');
});

t.test('the answer waits for the mark, and the state for both', async (t) => {
  const world = await behind(t);
  heal(world);
  const { wal, stateMachine, host } = world.at(3);
  let install = () => {};
  stateMachine.snapshots.before = (step) => {
    if (step === 'install') return new Promise<void>((resolve) => (install = resolve));
    if (step === 'finish') wal.automatic = false;
    return undefined;
  };
  await world.pass(300);
  t.ok(wal.writing);
  t.notOk(stateMachine.snapshots.steps.includes('install 1'), 'not before its mark is durable');
  const match = () => world.at(1).host.group(1)?.raft.leadership?.followers.get(13)?.match ?? 0;
  t.ok(match() < 31, 'nothing is acknowledged');
  wal.automatic = true;
  wal.complete();
  await world.pass(200);
  t.equal(match(), 31, 'acknowledged with the mark');
  t.ok(host.group(1)?.raft.installing);
  t.same(await Promise.race([host.read(1), world.pass(100)]), {
    status: 'dropped',
    reason: 'installing',
  });
  put(world, 1, 3);
  await world.pass(100);
  t.equal(match(), 34, 'it appends meanwhile');
  install();
  await world.pass(100);
  t.equal(stateMachine.texts(1).length, 33, 'and applies what came meanwhile');
});

t.test('a crash between mark and state: installed at the next start (C14)', async (t) => {
  const world = await behind(t);
  heal(world);
  const { stateMachine, wal, host } = world.at(3);
  stateMachine.snapshots.before = (step) =>
    step === 'install' ? new Promise<void>(() => {}) : undefined;
  await world.pass(500);
  t.ok(stateMachine.installing(1));
  await host.close();
  stateMachine.snapshots.before = () => {};
  world.restart(3);
  await world.pass(500);
  t.equal(world.at(3).stateMachine.texts(1).length, 30);
  t.equal(world.at(3).failures.length, 0);
  t.equal(wal.recovered()[0]?.mark.index, 31);
});

t.test(
  'a crash, and the file is gone: votes and log stay, the state is asked for anew',
  async (t) => {
    const world = await behind(t);
    heal(world);
    const { stateMachine, host } = world.at(3);
    stateMachine.snapshots.before = (step) =>
      step === 'install' ? new Promise<void>(() => {}) : undefined;
    await world.pass(500);
    await host.close();
    stateMachine.snapshots.before = () => {};
    stateMachine.snapshots.received.clear();
    world.restart(3);
    t.ok(world.at(3).host.group(1)?.raft.installing);
    await world.pass(2_000);
    t.equal(world.at(3).stateMachine.texts(1).length, 30);
    t.equal(world.at(3).host.group(1)?.raft.installing, false);
    t.same(world.at(3).host.snapshots.statistics.transfers, [], 'nothing is shown as under way');
  },
);

t.test('C15: a whole state that ends before its log begins stops the start', async (t) => {
  const world = await behind(t);
  heal(world);
  await world.pass(500);
  await world.at(3).host.close();
  world.at(3).stateMachine.remove(1);
  const again = world.another(3);
  t.throws(() => again.host.start(again.wal.found()), /state ends at 0, its log begins after 31/);
});

t.test('a damaged state serves nothing and is replaced', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  put(world, 1, 5);
  await world.pass(200);
  const { host, stateMachine } = world.at(2);
  put(world, 1, 5);
  const read = host.read(1);
  host.stateDamaged(1);
  t.ok(stateMachine.installing(1), 'at once');
  await world.pump();
  t.same(await read, { status: 'dropped', reason: 'not-leader' });
  await world.pass(1_000);
  t.equal(host.group(1)?.raft.installing, false);
  t.same(stateMachine.texts(1), world.at(1).stateMachine.texts(1));
  t.equal(stateMachine.texts(1).length, 10);
});

t.test('a damaged leader hands over and is replaced', async (t) => {
  const world = new HostWorld(t);
  await world.elect(1);
  put(world, 1, 5);
  await world.pass(200);
  world.at(1).host.stateDamaged(1);
  await world.pass(2_000);
  t.notOk(world.leads(1));
  t.ok(world.leads(2) || world.leads(3));
  t.equal(world.at(1).host.group(1)?.raft.installing, false);
  t.equal(world.at(1).stateMachine.texts(1).length, 5);
  t.ok(world.at(1).lines.some(({ message }) => message.includes('state is damaged')));
});

t.test('C12: a proposal that a snapshot covers has an unknown fate', async (t) => {
  const world = new HostWorld(t);
  await world.elect(3);
  world.isolate();
  const outcome = world.at(3).host.propose(1, Buffer.from('lost?'));
  await world.pump();
  await world.silence();
  world.reaches = ({ from, to }) => from !== 3 && to !== 3;
  world.connects = ({ from, to }) => from !== 3 && to !== 3;
  await world.elect(1);
  put(world, 1, 30);
  await world.pump();
  const { wal, stateMachine } = world.at(1);
  stateMachine.durables.set(1, 20);
  wal.tails.set(1, 1);
  wal.pressed = [{ group: 1, upTo: 20 }];
  await world.pass(1_000);
  heal(world);
  await world.pass(1_000);
  t.same(await outcome, { status: 'unknown' });
});
