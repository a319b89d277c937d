import fc from 'fast-check';
import t from 'tap';
import { Ring } from '../../../src/kv/shard/ring.js';

const even = (...ids: number[]) => ids.map((id) => ({ id, weight: 1 }));

t.test('a walk meets every node once, in an order the input order does not change', async (t) => {
  const ring = new Ring(even(1, 2, 3, 4, 5));
  const shuffled = new Ring(even(4, 1, 5, 3, 2));
  for (const position of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
    const met = [...ring.walk(position)];
    t.same([...met].sort(), [1, 2, 3, 4, 5]);
    t.same([...shuffled.walk(position)], met);
  }
});

t.test('a joining node is added to each walk, the others keep their order', async (t) => {
  const seed = Date.now();
  t.comment(`seed ${seed}`);
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 2, maxLength: 20 });
  fc.assert(
    fc.property(ids, fc.nat(2 ** 32 - 1), (all, position) => {
      const [joining, ...others] = all;
      const before = [...new Ring(even(...others)).walk(position)];
      const after = [...new Ring(even(...all)).walk(position)];
      t.same(
        after.filter((id) => id !== joining),
        before,
      );
    }),
    { seed, numRuns: 50 },
  );
});

t.test('a node of weight 3 is met first about three times as often', async (t) => {
  const ring = new Ring([
    { id: 1, weight: 1 },
    { id: 2, weight: 3 },
  ]);
  let heavy = 0;
  for (let step = 0; step < 10_000; step += 1) {
    const [first] = ring.walk((step * 2 ** 32) / 10_000);
    if (first === 2) heavy += 1;
  }
  t.ok(heavy > 6_500 && heavy < 8_500, `${heavy} of 10,000`);
});

t.test('great weights keep their proportion and no more points than the limit', async (t) => {
  const heavy = [1, 2, 3].map((id) => ({ id, weight: id * 300 }));
  const light = [1, 2, 3].map((id) => ({ id, weight: id }));
  const share = (nodes: typeof heavy) => {
    const ring = new Ring(nodes);
    const steps = Array.from({ length: 500 }, (_, step) => (step * 2 ** 32) / 500);
    return steps.filter((position) => [...ring.walk(position)][0] === 3).length / 500;
  };
  t.ok(Math.abs(share(heavy) - 0.5) < 0.05);
  t.ok(Math.abs(share(light) - 0.5) < 0.1);
});
