/**
 * Read rounds of a leader and questions of a follower (ReadIndex, dissertation section 6.4).
 */
import t from 'tap';
import { ForwardedReads, ReadRounds } from '../../../src/raft/core/reads.js';

const three = { voters: [1, 2, 3], outgoing: [] };
const confirmedBy =
  (...contexts: number[]) =>
  (replica: number) =>
    contexts[replica - 1] ?? 0;

t.test('F1: no round starts before the leader has committed in its term', async (t) => {
  const rounds = new ReadRounds(0);
  rounds.addLocal(1);
  t.equal(rounds.start(5, false), false);
  t.equal(rounds.lastContext, 0);
  t.equal(rounds.start(6, true), true);
  t.match(rounds.takeConfirmed(three, confirmedBy(1, 1, 0)), [{ index: 6, local: [1] }]);
});

t.test('all reads of a turn share a round; without reads there is none', async (t) => {
  const rounds = new ReadRounds(0);
  t.equal(rounds.start(5, true), false);
  for (const id of [1, 2, 3]) rounds.addLocal(id);
  rounds.addRemote(2, 40);
  rounds.start(5, true);
  t.equal(rounds.lastContext, 1);
  const [round] = rounds.takeConfirmed(three, confirmedBy(9, 0, 1));
  t.same(round?.local, [1, 2, 3]);
  t.same([...(round?.remote ?? [])], [[2, 40]]);
});

t.test('confirming a round confirms the older ones and not the newer', async (t) => {
  const rounds = new ReadRounds(0);
  for (const [id, commit] of [
    [1, 5],
    [2, 6],
    [3, 7],
  ] as const) {
    rounds.addLocal(id);
    rounds.start(commit, true);
  }
  t.equal(rounds.waitingCount, 3);
  const granted = rounds.takeConfirmed(three, confirmedBy(9, 2, 0));
  t.match(granted, [{ index: 5 }, { index: 6 }]);
  t.equal(rounds.waitingCount, 1);
  t.same(rounds.takeConfirmed(three, confirmedBy(9, 2, 0)), []);
  t.same(rounds.abandon(), [3]);
  t.equal(rounds.waitingCount, 0);
});

t.test('F2: numbers go on in the next leadership of the same process', async (t) => {
  const rounds = new ReadRounds(17);
  rounds.addLocal(1);
  rounds.start(1, true);
  t.equal(rounds.lastContext, 18);
  t.same(rounds.takeConfirmed(three, confirmedBy(99, 17, 17)), []);
});

t.test('of several questions of one follower the newest is answered', async (t) => {
  const rounds = new ReadRounds(0);
  rounds.addRemote(2, 41);
  rounds.addRemote(2, 40);
  rounds.start(1, true);
  t.same([...(rounds.takeConfirmed(three, confirmedBy(9, 9, 9))[0]?.remote ?? [])], [[2, 41]]);
});

t.test('a follower asks once for all new reads and again after a while', async (t) => {
  const reads = new ForwardedReads(100);
  t.equal(reads.ask(0, 4), undefined, 'nothing to ask');
  reads.add(1);
  reads.add(2);
  t.equal(reads.ask(0, 4), 101);
  t.equal(reads.ask(3, 4), undefined);
  t.equal(reads.ask(4, 4), 102, 'unanswered');
  reads.add(3);
  t.equal(reads.ask(5, 4), 103);
  t.same(reads.answered(102), [1, 2], 'an answer answers the older questions');
  t.equal(reads.waitingCount, 1);
  t.same(reads.answered(103), [3]);
  t.same(reads.answered(103), [], 'once');
  t.equal(reads.ask(50, 4), undefined);
});

t.test('F2: numbers that this process never asked answer nothing', async (t) => {
  const reads = new ForwardedReads(100);
  reads.add(1);
  reads.ask(0, 4);
  t.same(reads.answered(100), []);
  t.same(reads.answered(102), []);
  t.same(reads.answered(7_000_000), []);
  t.same(reads.answered(101), [1]);
});

t.test('a leader that never answers costs no memory', async (t) => {
  const reads = new ForwardedReads(0);
  reads.add(1);
  for (let tick = 0; tick < 100; tick += 1) reads.ask(tick, 1);
  t.equal(reads.waitingCount, 1);
  t.same(reads.abandon(), [1]);
  t.equal(reads.ask(500, 1), undefined);
});
