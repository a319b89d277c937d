/**
 * A leader that hands over by itself, for its disk is slow or its state is damaged. One whose
 * disk is silent steps down (`raft-disk.test.ts`); a slow one answers, only later than a quorum
 * of the others.
 */
import t from 'tap';
import { across, SimulatedCluster } from './simulated-cluster.js';

/** Its disk has one answer due, always, while the others are fast. */
function slowLeader(voters = 3): SimulatedCluster {
  const cluster = new SimulatedCluster({ voters });
  cluster.elect(1);
  cluster.slowDisks.add(1);
  return cluster;
}

/** Work for `ticks` ticks; the slow disk makes one append durable in four ticks. */
function work(cluster: SimulatedCluster, ticks: number): void {
  for (let tick = 1; tick <= ticks; tick += 1) {
    const leader = [...cluster.replicas.keys()].find((id) => cluster.status(id).role === 'leader');
    if (leader !== undefined) cluster.propose(leader, 'x');
    for (const id of cluster.replicas.keys()) cluster.tick(id);
    for (const id of cluster.slowDisks) if (tick % 4 === 0) cluster.durable(id, 1);
    cluster.settle();
  }
}

t.test('H1: a leader with a slow disk hands over to the best follower, and says why', async (t) => {
  const cluster = slowLeader();
  work(cluster, 20);
  t.same(cluster.handedOver, []);
  t.equal(cluster.status(1).role, 'leader');
  work(cluster, 40);
  t.same(cluster.handedOver, [{ replica: 1, to: 2, reason: 'slow-disk' }]);
  t.equal(cluster.status(2).role, 'leader');
  const { commit } = cluster.status(2);
  work(cluster, 10);
  t.ok(cluster.status(2).commit >= commit + 10, 'the group goes on at the speed of the others');
});

t.test('H1: it does not thrash, whoever leads', async (t) => {
  const cluster = slowLeader();
  work(cluster, 400);
  t.equal(cluster.handedOver.length, 1, 'the next leader is fast');
  // The host wants it to lead again, when its disk was fast for a while.
  cluster.slowDisks.clear();
  work(cluster, 2);
  cluster.transfer(2, 1);
  cluster.settle();
  cluster.slowDisks.add(1);
  work(cluster, 60);
  t.equal(cluster.status(1).role, 'leader');
  t.equal(cluster.handedOver.length, 1, 'not at once again');
  work(cluster, 300);
  t.equal(cluster.handedOver.length, 2);
});

t.test('H1: when all disks are slow alike nobody hands over', async (t) => {
  const cluster = slowLeader();
  cluster.slowDisks.add(2).add(3);
  work(cluster, 200);
  t.same(cluster.handedOver, []);
  t.equal(cluster.status(1).role, 'leader');
});

t.test('H1: nor to a follower that is not heard or holds less than is committed', async (t) => {
  const cluster = slowLeader(5);
  cluster.lost = across(2, 3);
  work(cluster, 60);
  t.same(cluster.handedOver, [], 'with 4 and 5 alone nothing is committed that it lacks');
  const five = slowLeader(5);
  five.lost = across(2);
  work(five, 60);
  t.match(five.handedOver, [{ to: 3 }]);
});

t.test('B21: a slow follower does not slow the group', async (t) => {
  const limits = { inflightMessagesMax: 4 };
  const cluster = new SimulatedCluster({ voters: 3, limits });
  cluster.elect(1);
  cluster.slowDisks.add(3);
  let sent = 0;
  for (let round = 0; round < 100; round += 1) {
    cluster.propose(1, 'x');
    sent += cluster.inFlight.filter(({ type, to }) => type === 'append' && to === 3).length;
    cluster.settle();
    t.equal(cluster.status(1).commit, round + 2, 'committed in the same round');
    if (round % 10 === 0) cluster.durable(3, 1);
  }
  t.ok(sent < 30, `${sent} appends to the slow one, whose window is full`);
  cluster.slowDisks.clear();
  cluster.settle();
  cluster.tick(1, 2);
  cluster.settle();
  t.equal(cluster.status(3).applied, 101, 'and it catches up when it can');
});

t.test('a damaged leader hands over, and is rebuilt by the next one', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.propose(1, 'x');
  cluster.settle();
  cluster.tick(1, 2);
  cluster.settle();
  cluster.replica(1).damage();
  cluster.drain(1);
  t.equal(cluster.status(1).handingOver, 'state-damaged');
  cluster.settle();
  t.equal(cluster.status(2).role, 'leader');
  t.match(cluster.handedOver, [{ replica: 1, to: 2, reason: 'state-damaged' }]);
  cluster.tick(2, 2);
  cluster.settle();
  t.match(cluster.status(1), { applied: 3, installing: false, leader: 2 });
});

t.test('a damaged leader that nobody can follow steps down all the same', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.lost = across(1);
  cluster.replica(1).damage();
  cluster.drain(1);
  cluster.tick(1, 13);
  t.match(cluster.status(1), { role: 'follower', installing: true });
  cluster.tick(1, 60);
  t.equal(cluster.status(1).role, 'follower', 'and does not campaign');
});
