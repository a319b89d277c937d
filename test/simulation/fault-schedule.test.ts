import t from 'tap';
import { drawPlan } from './draw-plan.js';
import { faultKinds } from './fault-schedule.js';

const plans = Array.from({ length: 300 }, (_, seed) => drawPlan(seed + 1));

t.test('every kind of fault is drawn', async (t) => {
  const drawn = new Set(plans.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  t.same([...drawn].sort(), [...faultKinds].sort());
});

t.test('a plan survives being written down and read', async (t) => {
  for (const plan of plans) t.same(JSON.parse(JSON.stringify(plan)), plan);
});

t.test('never are the disks of more than a minority damaged', async (t) => {
  for (const { cluster, faults } of plans) {
    const damaged = faults.filter(({ kind }) => kind === 'bit-flip' || kind === 'wipe');
    t.ok(damaged.length <= (cluster.replicas - 1) / 2);
  }
});

t.test('a seed draws the same plan each time, and another seed another', async (t) => {
  t.same(drawPlan(7), drawPlan(7));
  t.notSame(drawPlan(7).faults, drawPlan(8).faults);
});

t.test('in a ring everybody sees a majority, and no two the same one', async (t) => {
  for (const { cluster, faults } of plans) {
    for (const fault of faults) {
      if (fault.kind !== 'partition' || fault.shape !== 'ring') continue;
      const cut = new Set(fault.cuts.map(([a, b]) => `${a}>${b}`));
      const ids = Array.from({ length: cluster.nodes }, (_, i) => i + 1);
      const seen = ids.map((a) => ids.filter((b) => !cut.has(`${a}>${b}`)).join(' '));
      for (const others of seen) t.equal(others.split(' ').length, 3, JSON.stringify(fault.cuts));
      if (cluster.nodes > 3) t.equal(new Set(seen).size, cluster.nodes);
    }
  }
});
