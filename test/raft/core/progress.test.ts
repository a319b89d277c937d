import fc from 'fast-check';
import t from 'tap';
import { Progress } from '../../../src/raft/core/progress.js';

const newProgress = (next = 11) => new Progress(next, { messagesMax: 2, bytesMax: 100 });

/** A follower that holds everything up to `match`. */
function replicating(match: number): Progress {
  const progress = newProgress(match + 1);
  progress.accepted(match);
  return progress;
}

t.test('probe: one append at a time, then a heartbeat or an answer', async (t) => {
  const progress = newProgress();
  t.equal(progress.paused, false);
  progress.sent(10, 0, 0);
  t.equal(progress.paused, true);
  t.equal(progress.next, 11, 'a probe promises nothing');
  t.equal(progress.accepted(10), true);
  t.equal(progress.state, 'replicate');
});

t.test('replicate: what was sent counts as arrived until the window is full', async (t) => {
  const progress = replicating(10);
  progress.sent(13, 50, 5);
  t.equal(progress.next, 14);
  t.equal(progress.sentCommit, 5);
  progress.sent(14, 10, 5);
  t.equal(progress.paused, true, 'two messages');
  progress.accepted(13);
  t.equal(progress.paused, false);
  t.equal(progress.match, 13);
});

t.test('an empty append takes no place in the window', async (t) => {
  const progress = replicating(10);
  progress.sent(10, 0, 7);
  t.equal(progress.inflight.length, 0);
  t.equal(progress.next, 11);
});

t.test('B11: an acknowledgement equal to match ends a probe', async (t) => {
  const progress = replicating(10);
  progress.becomeProbe();
  t.equal(progress.accepted(10), true);
  t.equal(progress.state, 'replicate');
});

t.test('B12: becoming a probe forgets what was in flight, bytes too', async (t) => {
  const progress = replicating(10);
  progress.sent(11, 100, 0);
  t.equal(progress.paused, true);
  progress.becomeProbe();
  progress.accepted(10);
  t.equal(progress.paused, false);
  t.equal(progress.next, 11, 'and sends it again');
});

t.test('B10: a refusal never takes next to match or below', async (t) => {
  const progress = replicating(10);
  progress.sent(12, 10, 0);
  t.equal(progress.rejected(9, 3), false, 'an old refusal, below match');
  t.equal(progress.rejected(12, 3), true);
  t.equal(progress.state, 'probe');
  t.equal(progress.next, 11);
  t.equal(progress.rejected(7, 2), false, 'not the probe that is out');
  progress.sent(12, 0, 0);
  t.equal(progress.rejected(10, 2), true);
  t.equal(progress.next, 11, 'match is known, whatever the hint says');
});

t.test('B6: a refused probe goes back to the hint', async (t) => {
  const progress = newProgress(50);
  progress.sent(49, 0, 0);
  t.equal(progress.rejected(49, 20), true);
  t.equal(progress.next, 21);
  t.equal(progress.paused, false);
  progress.sent(20, 0, 0);
  t.equal(progress.rejected(20, 30), true);
  t.equal(progress.next, 20, 'at least one step, even with a bad hint');
});

t.test('snapshot: nothing is sent until the logs are known to connect', async (t) => {
  const progress = replicating(10);
  progress.becomeSnapshot();
  t.equal(progress.paused, true);
  t.equal(progress.rejected(30, 2), false);
  progress.accepted(12);
  t.equal(progress.state, 'snapshot', 'the leader decides whether 12 is enough');
  progress.becomeProbe();
  t.equal(progress.next, 13);
  t.equal(progress.accepted(12), true);
  t.equal(progress.state, 'replicate');
});

t.test('B8, B18: a follower behind the mark is probed there, and not below', async (t) => {
  const progress = replicating(10);
  progress.probeAfter(20);
  t.match(progress, { state: 'probe', match: 10, next: 21, paused: false });
  t.equal(progress.isAt(20), true);
  t.equal(progress.isAt(19), false, 'another probe was refused');
  t.equal(replicating(10).isAt(10), false, 'what it holds it cannot refuse');
});

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('sent' as const), count: fc.nat({ max: 4 }) }),
    fc.record({ kind: fc.constant('accepted' as const), index: fc.nat({ max: 30 }) }),
    fc.record({
      kind: fc.constant('rejected' as const),
      index: fc.nat({ max: 30 }),
      hint: fc.nat({ max: 30 }),
    }),
    fc.record({ kind: fc.constantFrom('becomeProbe' as const, 'becomeSnapshot' as const) }),
  ),
);

t.test('0 <= match < next, and match never falls, in any order of answers', async () => {
  fc.assert(
    fc.property(steps, (run) => {
      const progress = newProgress();
      for (const step of run) {
        const { match } = progress;
        if (step.kind === 'sent') {
          if (progress.paused) continue;
          progress.sent(progress.next - 1 + step.count, step.count, 0);
        } else if (step.kind === 'accepted') progress.accepted(step.index);
        else if (step.kind === 'rejected') progress.rejected(step.index, step.hint);
        else progress[step.kind]();
        if (progress.match < match || progress.match >= progress.next) return false;
      }
      return true;
    }),
    { numRuns: 1000 },
  );
});
