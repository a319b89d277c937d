/**
 * Majority arithmetic against its definition: a number is reached by a quorum when some majority
 * of every voter set has reached it. All of it, joint sets included (B16, E8).
 */
import fc from 'fast-check';
import t from 'tap';
import {
  majoritySize,
  type Quorum,
  reachedByQuorum,
  voteResult,
} from '../../../src/raft/core/quorum.js';

const replicasMax = 6;
const replicas = Array.from({ length: replicasMax }, (_, i) => i + 1);
const voterSet = fc.subarray(replicas);
const quorums: fc.Arbitrary<Quorum> = fc.record({
  voters: fc.subarray(replicas, { minLength: 1 }),
  outgoing: voterSet,
});
const reaches = fc.array(fc.nat({ max: 5 }), { minLength: replicasMax, maxLength: replicasMax });

/** True when more than half of each set, of those that exist, satisfies it. */
function agree(quorum: Quorum, yes: (replica: number) => boolean): boolean {
  return [quorum.voters, quorum.outgoing]
    .filter((set) => set.length > 0)
    .every((set) => set.filter(yes).length * 2 > set.length);
}

t.test('a majority is more than half', async (t) => {
  t.same([1, 2, 3, 4, 5, 6, 7].map(majoritySize), [1, 2, 2, 3, 3, 4, 4]);
});

t.test('B16: what a quorum has reached is the greatest number that satisfies it', async () => {
  fc.assert(
    fc.property(quorums, reaches, (quorum, reached) => {
      const of = (replica: number) => reached[replica - 1] ?? 0;
      const result = reachedByQuorum(quorum, of);
      const brute = [5, 4, 3, 2, 1, 0].find((n) => agree(quorum, (replica) => of(replica) >= n));
      return result === brute;
    }),
    { numRuns: 2000 },
  );
});

t.test('B16: every set of acknowledgements of up to six voters, exhaustively', async (t) => {
  for (let voters = 1; voters <= replicasMax; voters += 1) {
    const quorum = { voters: replicas.slice(0, voters), outgoing: [] };
    for (let acks = 0; acks < 2 ** voters; acks += 1) {
      const acked = (replica: number) => (acks >> (replica - 1)) % 2 === 1;
      const result = reachedByQuorum(quorum, (replica) => (acked(replica) ? 7 : 3));
      if ((result === 7) !== agree(quorum, acked)) t.fail(`${voters} voters, acks ${acks}`);
    }
  }
});

t.test('the order of voters does not matter', async () => {
  fc.assert(
    fc.property(quorums, reaches, ({ voters, outgoing }, reached) => {
      const of = (replica: number) => reached[replica - 1] ?? 0;
      const turned = { voters: [...voters].reverse(), outgoing: [...outgoing].reverse() };
      return reachedByQuorum({ voters, outgoing }, of) === reachedByQuorum(turned, of);
    }),
  );
});

t.test('a vote is won by a quorum and lost when none can come together any more', async () => {
  const votes = fc.array(fc.option(fc.boolean(), { nil: undefined }), {
    minLength: replicasMax,
    maxLength: replicasMax,
  });
  fc.assert(
    fc.property(quorums, votes, (quorum, cast) => {
      const vote = (replica: number) => cast[replica - 1];
      const won = agree(quorum, (replica) => vote(replica) === true);
      const winnable = agree(quorum, (replica) => vote(replica) !== false);
      const expected = won ? 'won' : winnable ? 'pending' : 'lost';
      return voteResult(quorum, vote) === expected;
    }),
    { numRuns: 2000 },
  );
});

t.test('two quorums always have a replica in common, also across the joint step', async () => {
  fc.assert(
    fc.property(quorums, reaches, reaches, (quorum, first, second) => {
      const yes = (acks: number[]) => (replica: number) => (acks[replica - 1] ?? 0) > 2;
      const wonBy = (acks: number[]) => voteResult(quorum, yes(acks)) === 'won';
      if (!wonBy(first) || !wonBy(second)) return true;
      return replicas.some((replica) => yes(first)(replica) && yes(second)(replica));
    }),
    { numRuns: 2000 },
  );
});
