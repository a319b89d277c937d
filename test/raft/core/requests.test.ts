/**
 * Where proposals, reads and membership changes go.
 */
import t from 'tap';
import type { Effects } from '../../../src/raft/core/types.js';
import { SimulatedCluster } from './simulated-cluster.js';

/** What one replica answers to a write, a read and a membership change. */
function ask(cluster: SimulatedCluster, id: number): Partial<Effects> {
  const replica = cluster.replica(id);
  replica.step({ kind: 'propose', proposals: [{ id: 1, data: Buffer.from('x') }] });
  replica.step({ kind: 'read', id: 2 });
  const steps = [{ kind: 'add-learner', node: 9 }] as const;
  replica.step({ kind: 'change-membership', id: 3, steps });
  return replica.drain() ?? {};
}

t.test('a leader places all of them', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  const { proposed, dropped, refused } = ask(cluster, 1);
  t.match(proposed, [
    { id: 1, entry: { index: 2, term: 1 } },
    { id: 3, entry: { index: 3, term: 1 } },
  ]);
  t.same([dropped, refused], [[], []]);
});

t.test('a follower forwards reads and turns the rest away', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  const { send, dropped, refused } = ask(cluster, 2);
  t.match(send, [{ type: 'read-index', to: 1 }]);
  t.same(dropped, [{ id: 1, reason: 'not-leader' }]);
  t.match(refused, [{ id: 3, reason: 'not-leader', detail: 'another replica leads' }]);
});

t.test('without a leader there is nobody to forward a read to', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  const { dropped } = ask(cluster, 2);
  t.same(dropped, [
    { id: 1, reason: 'not-leader' },
    { id: 2, reason: 'not-leader' },
  ]);
});

t.test('F9, F10: a leader that hands over takes nothing', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.transfer(1, 2);
  const { dropped, refused } = ask(cluster, 1);
  t.same(dropped, [
    { id: 1, reason: 'transferring' },
    { id: 2, reason: 'transferring' },
  ]);
  t.match(refused, [{ id: 3, reason: 'transferring' }]);
});

t.test('a replica whose state is damaged serves nothing', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3 });
  cluster.elect(1);
  cluster.replica(2).damage();
  t.same(ask(cluster, 2).dropped, [
    { id: 1, reason: 'not-leader' },
    { id: 2, reason: 'installing' },
  ]);
  cluster.replica(1).damage();
  const { dropped, refused } = ask(cluster, 1);
  t.match(dropped, [
    { id: 1, reason: 'installing' },
    { id: 2, reason: 'installing' },
  ]);
  t.match(refused, [{ id: 3, reason: 'transferring' }]);
});

t.test('more reads than may wait are turned away, at a leader and at a follower', async (t) => {
  const cluster = new SimulatedCluster({ voters: 3, limits: { waitingReadsMax: 1 } });
  cluster.elect(1);
  for (const id of [1, 2]) {
    const first = cluster.read(id);
    const second = cluster.read(id);
    t.match(cluster.dropped.splice(0), [{ replica: id, id: second, reason: 'overloaded' }]);
    cluster.settle();
    t.match(cluster.granted.splice(0), [{ replica: id, id: first }]);
  }
});
