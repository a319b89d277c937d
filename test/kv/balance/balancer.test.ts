import t from 'tap';
import { Balancer } from '../../../src/kv/balance/balancer.js';
import { makePlan, makeStandingPlan } from '../../../src/kv/balance/make-plan.js';
import { KvError } from '../../../src/kv/errors.js';
import { nodeDocument } from './fake-documents.js';
import { JobsWorld, settled } from './jobs-world.js';

function worldWith(shards: number) {
  const world = new JobsWorld([1, 2, 3, 4, 5, 6]);
  for (let shard = 1; shard <= shards; shard += 1) world.shard(shard, [1, 2, 3]);
  const lines: object[] = [];
  const balancer = new Balancer({
    store: world.store,
    planner: { plan: makePlan, standing: makeStandingPlan },
    clock: world.clock,
    logger: { info: (fields) => lines.push(fields) },
  });
  return { world, balancer, lines };
}

t.test('it begins a job like an operator, and with a driver the cluster gets even', async (t) => {
  const { world, balancer, lines } = worldWith(8);
  balancer.start();
  const driver = world.driver(1);
  const uneven = () => {
    const counts = [1, 2, 3, 4, 5, 6].map(
      (node) => [...world.cluster.shards.keys()].filter((id) => voters(id).includes(node)).length,
    );
    return Math.max(...counts) - Math.min(...counts);
  };
  const voters = (id: number) => world.cluster.voters(id);
  for (let minute = 0; minute < 10 && uneven() > 2; minute += 1) await world.run(() => false);
  t.ok(uneven() <= 2, `${uneven()} replicas between the fullest and the emptiest`);
  const [first] = [...world.store.documents().jobs.values()];
  t.match(first, { origin: 'balancer', actor: 'balancer', state: 'succeeded', reason: String });
  t.ok(world.store.documents().plans.has(first?.plan ?? ''), 'its plan can be read');
  t.match(lines[0], { job: '1' });
  balancer.stop();
  driver.stop();
  t.equal(world.clock.timers, 0);
});

t.test('two of its kind begin one job', async (t) => {
  const { world, balancer } = worldWith(8);
  await Promise.all([balancer.look(), worldTwin(world).look()]);
  t.equal(world.store.documents().jobs.size, 1);
});

function worldTwin(world: JobsWorld): Balancer {
  return new Balancer({
    store: world.store,
    planner: { plan: makePlan, standing: makeStandingPlan },
    clock: world.clock,
    logger: { info() {} },
  });
}

t.test('a repair is given up when the node is back', async (t) => {
  const { world, balancer } = worldWith(3);
  world.store.put('nodes/3', nodeDocument(3, { state: 'dead' }));
  await balancer.look();
  t.match(world.job(), { origin: 'repair', state: 'queued' });
  world.store.put('nodes/3', nodeDocument(3));
  await balancer.look();
  t.match(world.job(), { state: 'superseded', because: 'Node 3 is back.' });
});

t.test('without the meta group it says so and tries again', async (t) => {
  const { world, balancer } = worldWith(8);
  world.store.meanwhile = () => {
    throw new KvError('no_leader', {}, 'No leader.');
  };
  balancer.start();
  world.clock.advance(10_000);
  await settled();
  t.equal(balancer.why, 'No leader.');
  world.store.meanwhile = undefined;
  world.clock.advance(10_000);
  await settled();
  t.equal(world.store.documents().jobs.size, 1);
  balancer.stop();
});
