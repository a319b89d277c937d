/** Replicas ask whether they are current, except in quiet groups. */
import t from 'tap';
import { Freshness } from '../../src/raft/freshness.js';
import type { Group } from '../../src/raft/group.js';
import { ManualClock } from '../simulation/manual-clock.js';

interface Asked {
  readonly id: number;
  readonly endMs: number;
}

function world() {
  const clock = new ManualClock();
  const asked: Asked[] = [];
  const group = (id: number, leader = 1, installing = false) => {
    const read = ({ endMs }: { endMs: number }) => asked.push({ id, endMs });
    return { id, read, freshMs: undefined as number | undefined, raft: { leader, installing } };
  };
  const awake = new Set<ReturnType<typeof group>>();
  const touched: Group[] = [];
  const freshness = new Freshness({
    clock,
    periodMs: 1_000,
    random: () => 0.5,
    awake: awake as unknown as Set<Group>,
    touch: (one) => touched.push(one),
  });
  return { clock, asked, group, awake, touched, freshness };
}

t.test('every period, unless a read told already', async (t) => {
  const { clock, asked, group, awake, touched, freshness } = world();
  const one = group(1);
  awake.add(one);
  freshness.start();
  clock.advance(1_000);
  t.same(asked, [{ id: 1, endMs: 5_000 }]);
  t.equal(touched.length, 1);
  one.freshMs = 1_600;
  clock.advance(1_000);
  t.equal(asked.length, 1, 'known to be current 400 ms ago');
  clock.advance(1_000);
  t.equal(asked.length, 2);
  freshness.stop();
  clock.advance(5_000);
  t.equal(asked.length, 2);
});

t.test('quiet groups, and those without a leader or a state, are left in peace', async (t) => {
  const { clock, asked, group, awake, freshness } = world();
  group(1);
  awake.add(group(2, 0));
  awake.add(group(3, 1, true));
  freshness.start();
  t.teardown(() => freshness.stop());
  clock.advance(3_000);
  t.same(asked, []);
});
