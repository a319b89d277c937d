import t from 'tap';
import { holdsAll, leavesQuiet, poke, Quiescence } from '../../../src/raft/core/quiescence.js';
import type { Input, Message } from '../../../src/raft/core/types.js';
import { logOfTerms } from './log-of-terms.js';

t.test('idle for long enough; work begins it anew', async (t) => {
  const quiescence = new Quiescence(3);
  t.same([quiescence.idle(), quiescence.idle()], [false, false]);
  quiescence.busy();
  t.same([quiescence.idle(), quiescence.idle(), quiescence.idle()], [false, false, true]);
  quiescence.sleep();
  t.equal(quiescence.quiet, true);
  quiescence.wake();
  t.equal(quiescence.quiet, false);
  t.equal(quiescence.idle(), false);
});

t.test('0: never', async (t) => {
  const quiescence = new Quiescence(0);
  for (let tick = 0; tick < 100; tick += 1) t.equal(quiescence.idle(), false);
});

t.test('whoever woke sleeps only when its leader was heard awake', async (t) => {
  const quiescence = new Quiescence(3);
  t.equal(quiescence.mayFollow, false);
  quiescence.leaderSpoke();
  t.equal(quiescence.mayFollow, true);
  quiescence.wake();
  t.equal(quiescence.mayFollow, false);
});

t.test('what leaves a quiet group quiet, and what does not', async (t) => {
  const ends = { from: 1, to: 2, term: 4 };
  const told = (message: Message): Input => ({ kind: 'message', message });
  const heartbeat = { type: 'heartbeat', ...ends, commit: 1, context: 1, quiet: false } as const;
  const answer = { type: 'heartbeat-response', ...ends, context: 3 } as const;
  const now = { term: 4 };
  const quiet: Input[] = [
    { kind: 'tick' },
    { kind: 'applied', index: 1 },
    { kind: 'appended', token: 1 },
    { kind: 'compacted', index: 1 },
    told({ ...heartbeat, quiet: true }),
    told(answer),
  ];
  for (const input of quiet) t.equal(leavesQuiet(input, now), false, JSON.stringify(input));
  const waking: Input[] = [
    { kind: 'wake' },
    { kind: 'read', id: 1 },
    { kind: 'propose', proposals: [] },
    { kind: 'unreachable', replica: 1 },
    { kind: 'state-damaged' },
    told(heartbeat),
    told({ ...heartbeat, quiet: true, term: 5 }),
    told(poke(ends)),
    told({ type: 'gone', ...ends }),
  ];
  for (const input of waking) t.equal(leavesQuiet(input, now), true, JSON.stringify(input));
});

t.test('G6: holds all: last, commit and disk agree with the leader', async (t) => {
  const goodbye = (commit: number) =>
    ({ type: 'heartbeat', from: 1, to: 2, term: 1, commit, context: 1, quiet: true }) as const;
  const log = logOfTerms([1, 1], { commit: 2 });
  t.equal(holdsAll(goodbye(2), log), true);
  t.equal(holdsAll(goodbye(1), log), false);
  t.equal(holdsAll(goodbye(3), log), false);
  t.equal(holdsAll(goodbye(2), logOfTerms([1, 1], { commit: 1 })), false);
  log.append({ index: 3, term: 1, kind: 1, data: new Uint8Array(1) });
  log.commitTo(3);
  t.equal(holdsAll(goodbye(3), log), false, 'not written');
  log.takeUnwritten();
  log.appendStarted(1);
  t.equal(holdsAll(goodbye(3), log), false, 'not durable');
  log.appendFinished(1);
  t.equal(holdsAll(goodbye(3), log), true);
});
