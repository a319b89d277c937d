import t from 'tap';
import { Election } from '../../../src/raft/core/election.js';
import { defaultTiming } from '../../../src/raft/core/options.js';
import { SeededRandom } from './seeded-random.js';

const { electionTicksMin, electionTicksMax } = defaultTiming;
const three = { voters: [1, 2, 3], outgoing: [] };

function ticksUntilTimeout(election: Election): number {
  let ticks = 1;
  while (!election.tick()) ticks += 1;
  return ticks;
}

t.test('5.2, A17: timeouts are drawn anew each time, both ends included', async (t) => {
  const election = new Election(defaultTiming, new SeededRandom(1).next);
  const seen = new Set<number>();
  for (let i = 0; i < 1000; i += 1) seen.add(ticksUntilTimeout(election));
  t.equal(Math.min(...seen), electionTicksMin);
  t.equal(Math.max(...seen), electionTicksMax);
  t.equal(seen.size, electionTicksMax - electionTicksMin + 1);
});

t.test('somebody was heard recently: within the shortest timeout', async (t) => {
  const election = new Election(defaultTiming, () => 0.99);
  for (let i = 1; i < electionTicksMin; i += 1) election.tick();
  t.equal(election.recent, true);
  election.tick();
  t.equal(election.recent, false);
  election.restart();
  t.equal(election.recent, true);
});

t.test('a ballot counts the first answer of each voter', async (t) => {
  const election = new Election(defaultTiming, () => 0);
  election.openBallot();
  election.record(1, true);
  t.equal(election.result(three), 'pending');
  election.record(2, false);
  election.record(2, true);
  t.equal(election.result(three), 'pending', 'no means no');
  election.record(9, true);
  t.equal(election.result(three), 'pending', 'a learner does not decide');
  election.record(3, true);
  t.equal(election.result(three), 'won');
  election.openBallot();
  t.equal(election.result(three), 'pending', 'A10: old answers are gone');
});
