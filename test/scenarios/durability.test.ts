/** What was acknowledged is there after everything that a cluster must survive. */
import t from 'tap';
import { leaderCutOff, play, step } from './script.js';
import { at, forgotten, isPut, isRead, succeeded } from './witness.js';

t.setTimeout(180_000);

t.test('sys 16: a majority forgets what only its memory held, the old leader has it', async (t) => {
  const cut = { kind: 'partition', shape: 'isolated', forMs: 4_000 } as const;
  const slow = { kind: 'slow-disk', syncMinMs: 150, syncMaxMs: 300, forMs: 3_000 } as const;
  const { witness, result, trouble } = await play({
    durationMs: 18_000,
    steps: [
      step(3_500, 'node 1 takes over', { kind: 'transfer', shard: 1, to: 1 }),
      step(5_000, 'the disk of node 2 is slow', { ...slow, node: 2 }),
      step(5_000, 'and that of node 3', { ...slow, node: 3 }),
      step(6_200, 'nodes 2 and 3 lose power with entries in memory', {
        kind: 'crash',
        nodes: [2, 3],
        death: 'power-cut',
        forMs: 300,
      }),
      step(6_200, 'node 1, which has them on disk, hears nobody', {
        ...cut,
        cuts: [
          [1, 2],
          [2, 1],
          [1, 3],
          [3, 1],
        ],
      }),
    ],
  });
  t.equal(trouble, '');
  t.equal(witness.leaderAt(6_200), 1);
  t.not(witness.leaderAt(10_000), 1, 'the others elect one of themselves');
  t.ok(result.counts.get('power-cut'), 'power was lost');
  const unsure = witness.asked({ fromMs: 5_000, toMs: 6_200 }).filter(isPut);
  t.ok(
    unsure.some((put) => !succeeded(put)),
    'some writes were never acknowledged',
  );
  const healed = witness.asked({ fromMs: 11_500, toMs: 18_000 });
  t.ok(healed.filter(at(1)).filter(isRead).some(succeeded), 'node 1 follows the other log');
  t.same(forgotten(witness.answers), []);
});

t.test('sys 22: no fail-over takes back what a majority has acknowledged', async (t) => {
  const failOvers = [4_000, 9_000, 14_000, 19_000];
  const { witness, trouble } = await play({
    durationMs: 24_000,
    steps: failOvers.flatMap((atMs, i) => [
      step(atMs, 'the leader is cut off, with writes of its own', leaderCutOff(2_500)),
      step(atMs + 2_000, `then node ${1 + (i % 3)} loses power`, {
        kind: 'crash',
        nodes: [1 + (i % 3)],
        death: 'power-cut',
        forMs: 1_500,
      }),
    ]),
  });
  t.equal(trouble, '');
  for (const atMs of failOvers) {
    t.not(witness.leaderAt(atMs), witness.leaderAt(atMs + 2_000), 'another one leads');
    const puts = witness.asked({ fromMs: atMs - 1_000, toMs: atMs }).filter(isPut);
    t.ok(puts.filter(succeeded).length > 20, 'writes are acknowledged before each');
  }
  t.same(forgotten(witness.answers), []);
});
