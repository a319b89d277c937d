/** A damaged follower whose acknowledgements the group needs is sent the log all the same. */
import t from 'tap';
import { ofType, SimulatedCluster, to } from './simulated-cluster.js';

/** As hosts do: what one frame brings is stepped in one turn. */
function frameTo(cluster: SimulatedCluster, id: number): void {
  const inputs = cluster.drop(to(id)).map((message) => ({ kind: 'message', message }) as const);
  if (inputs.length > 0) cluster.step(id, ...inputs);
}

function beats(cluster: SimulatedCluster, leader: number, follower: number, count: number): void {
  for (let i = 0; i < count; i += 1) {
    cluster.tick(leader, 2);
    for (let pass = 0; pass < 4; pass += 1) {
      frameTo(cluster, follower);
      cluster.held = () => true;
      cluster.settle();
      frameTo(cluster, leader);
      // Disks, states and snapshot files; messages wait for their frame.
      cluster.held = () => true;
      cluster.settle();
    }
  }
}

for (const damaged of [false, true]) {
  t.test(`a new leader commits with a ${damaged ? 'damaged' : 'whole'} follower`, async (t) => {
    const cluster = new SimulatedCluster({ voters: 3 });
    cluster.elect(1);
    cluster.propose(1, 'x');
    cluster.settle();
    cluster.propose(1, 'y');
    cluster.deliver(ofType('append'));
    // Committed by all three; 2 does not hear of it, 3 applies it.
    cluster.lost = to(2);
    cluster.settle();
    cluster.crash(1);
    cluster.lost = () => false;
    t.equal(cluster.status(3).applied, 3);
    t.match(cluster.status(2), { lastIndex: 3, commit: 2 });
    if (damaged) cluster.step(3, { kind: 'state-damaged' });
    cluster.tick(3, 12);
    cluster.drop();
    // The leader's first probe is lost.
    cluster.lost = (message) => message.type === 'append' && message.from === 2;
    cluster.tick(2, 12);
    cluster.settle();
    t.equal(cluster.status(2).role, 'leader');
    cluster.lost = () => false;
    beats(cluster, 2, 3, 50);
    t.equal(cluster.status(2).role, 'leader', 'all the time');
    t.equal(cluster.core(2).leadership?.followers.get(3)?.state, 'replicate');
    t.ok(cluster.core(2).leadership?.committedInTerm, 'two of three are there');
  });
}
