/** The wait doubles between its bounds, half of it drawn. */
import t from 'tap';
import { BackOff } from '../../../src/raft/transport/back-off.js';

function waits(draw: number, count: number): number[] {
  const backOff = new BackOff({ minMs: 50, maxMs: 1_000, random: () => draw });
  return Array.from({ length: count }, () => backOff.nextMs());
}

t.test('it rises to its maximum and stays there', async (t) => {
  t.strictSame(waits(1, 7), [50, 100, 200, 400, 800, 1_000, 1_000]);
  t.strictSame(waits(0, 7), [50, 50, 100, 200, 400, 500, 500], 'the lowest draw halves it');
});

t.test('after a good connection it starts again', async (t) => {
  const backOff = new BackOff({ minMs: 50, maxMs: 1_000, random: () => 1 });
  for (let attempt = 0; attempt < 5; attempt++) backOff.nextMs();
  backOff.reset();
  t.equal(backOff.nextMs(), 50);
});
