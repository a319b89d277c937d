/** Making snapshots, holding them, giving them away piece by piece. */
import t from 'tap';
import { decodeChunkAnswer, encodeChunkRequest } from '../../../src/raft/snapshots/chunk-codec.js';
import { defaultSnapshotLimits } from '../../../src/raft/snapshots/limits.js';
import { SnapshotSender } from '../../../src/raft/snapshots/snapshot-sender.js';
import type { SnapshotFile } from '../../../src/raft/snapshots/types.js';
import { ManualClock } from '../../simulation/manual-clock.js';
import { FakeSnapshotFiles } from './fake-snapshot-files.js';

interface Answer {
  readonly group: number;
  readonly to: number;
  readonly made: SnapshotFile | undefined;
}

function world(limits: Partial<typeof defaultSnapshotLimits> = {}) {
  const clock = new ManualClock();
  const indexes = new Map([
    [1, 10],
    [2, 20],
  ]);
  const files = new FakeSnapshotFiles({
    dump: (group) => ({ index: indexes.get(group) ?? 0, term: 3, bytes: Buffer.alloc(1_000, 7) }),
    ...{ restore() {}, setWhole() {}, remove() {} },
  });
  const answers: Answer[] = [];
  const sender = new SnapshotSender({
    files,
    clock,
    limits: { ...defaultSnapshotLimits, chunkBytesMax: 100, ...limits },
    logger: { info() {}, warn() {} },
    answer: (group, to, made) => answers.push({ group, to, made }),
  });
  const settle = async () => {
    for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const ask = async (from: number, offset: number, group = 1, length = 100) => {
    const snapshot = { index: indexes.get(group) ?? 0, term: 3 };
    const body = encodeChunkRequest({ group, snapshot, offset, length });
    const bytes = await sender.serve({ from, body, timeoutMs: 1_000 });
    return decodeChunkAnswer(bytes, Math.min(length, 100, 1_000 - offset)).kind;
  };
  return { clock, files, answers, sender, settle, ask, indexes };
}

const need = (atLeast: number) => ({ atLeast, applied: atLeast + 1 });

t.test('one is made at a time; whoever waits for the same gets the same', async (t) => {
  const { sender, files, answers, settle } = world();
  let finish = () => {};
  files.before = (step, group) =>
    step === 'make' && group === 1 ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
  sender.want(1, 12, need(5));
  sender.want(2, 22, need(5));
  sender.want(2, 23, need(5));
  await settle();
  t.same(files.steps, ['make 1'], 'the other group waits');
  t.match(sender.transfers(), [{ group: 1, state: 'making' }]);
  t.equal(sender.pinned(1), 5, 'the log stays from where the state is at least');
  finish();
  await settle();
  t.match(answers, [
    { group: 1, to: 12, made: { index: 10, term: 3, bytes: 1_000 } },
    { group: 2, to: 22, made: { index: 20 } },
    { group: 2, to: 23, made: { index: 20 } },
  ]);
  t.same(files.steps, ['make 1', 'make 2']);
  t.equal(sender.pinned(1), 10);
});

t.test('what is held is offered again, as long as it is new enough', async (t) => {
  const { sender, files, answers, settle, indexes } = world();
  sender.want(1, 12, need(5));
  await settle();
  sender.want(1, 13, need(10));
  t.match(answers[1], { to: 13, made: { index: 10 } }, 'at once');
  indexes.set(1, 30);
  sender.want(1, 13, need(11));
  await settle();
  t.match(answers.slice(2), [
    { to: 12, made: undefined },
    { to: 13, made: undefined },
    { to: 13, made: { index: 30 } },
  ]);
  t.same(files.steps, ['make 1', 'discard 1', 'make 1']);
});

t.test('a snapshot that fails, or is too old, is no answer', async (t) => {
  const { sender, files, answers, settle } = world();
  files.before = () => {
    throw new Error('no space left');
  };
  sender.want(1, 12, need(5));
  await settle();
  t.same(answers, [{ group: 1, to: 12, made: undefined }]);
  files.before = () => {};
  sender.want(1, 12, need(11));
  await settle();
  t.same(answers[1], { group: 1, to: 12, made: undefined });
  t.equal(sender.statistics.failed, 2);
});

t.test('a third receiver waits until a place is free', async (t) => {
  const { clock, sender, settle, ask } = world();
  sender.want(1, 12, need(5));
  await settle();
  t.equal(await ask(2, 0), 'data');
  t.equal(await ask(3, 0), 'data');
  t.equal(await ask(4, 0), 'later');
  for (let offset = 100; offset < 1_000; offset += 100) await ask(2, offset);
  t.equal(await ask(4, 0), 'data', 'the first one has everything');
  t.equal(await ask(5, 0), 'later');
  clock.advance(defaultSnapshotLimits.answerMs);
  t.equal(await ask(5, 0), 'data', 'the others are silent');
});

t.test('bytes per second are shared', async (t) => {
  const { clock, sender, settle, ask } = world({ sendBytesPerSecond: 200 });
  sender.want(1, 12, need(5));
  await settle();
  t.equal(await ask(2, 0), 'data');
  t.equal(await ask(2, 100), 'data');
  let arrived = false;
  const third = ask(3, 0).then(() => {
    arrived = true;
  });
  clock.advance(499);
  await settle();
  t.notOk(arrived);
  clock.advance(1);
  await third;
  t.equal(sender.statistics.sentBytes, 300);
});

t.test('on a slow line pieces arrive in time, however often they are asked for', async (t) => {
  const { clock, sender, settle, ask } = world({ sendBytesPerSecond: 400, answerMs: 500 });
  sender.want(1, 12, need(5));
  await settle();
  let inTime = 0;
  // A piece takes 250 ms to flow, and is asked for every 100 ms.
  for (let asked = 0; asked < 60; asked += 1) {
    const askedMs = clock.monotonicMs();
    void ask(2, 0).then((kind) => {
      if (kind === 'data' && clock.monotonicMs() - askedMs < 500) inTime += 1;
    });
    await settle();
    clock.advance(100);
  }
  t.ok(inTime >= 20, `${inTime} of 24 arrived in time`);
});

t.test('only what is held is served, and only what is in it', async (t) => {
  const { sender, settle, ask } = world();
  t.equal(await ask(2, 0), 'gone', 'nothing was made');
  sender.want(1, 12, need(5));
  await settle();
  t.equal(await ask(2, 1_000), 'gone', 'behind its end');
  t.equal(await ask(2, 850, 1, 50), 'data');
  t.match(sender.transfers(), [{ group: 1, peer: 2, state: 'sending', bytesDone: 900 }]);
});

t.test('D8: a snapshot that nobody fetches is let go, and whoever was told is told', async (t) => {
  const { clock, sender, files, answers, settle, ask } = world();
  sender.want(1, 12, need(5));
  await settle();
  clock.advance(30_000);
  t.equal(await ask(2, 0), 'data', 'the receiver takes its time');
  clock.advance(30_000);
  await settle();
  t.equal(sender.pinned(1), 10);
  clock.advance(30_000);
  await settle();
  t.equal(sender.pinned(1), undefined);
  t.same(answers[1], { group: 1, to: 12, made: undefined });
  t.equal(files.made.size, 0);
  t.equal(clock.timers, 0, 'and nothing rings any more');
});

t.test('one that everybody has is kept a while for the next', async (t) => {
  const { clock, sender, settle, ask } = world({ chunkBytesMax: 1_000 });
  sender.want(1, 12, need(5));
  await settle();
  for (let offset = 0; offset < 1_000; offset += 100) await ask(2, offset);
  clock.advance(14_999);
  t.equal(sender.pinned(1), 10);
  clock.advance(15_001);
  await settle();
  t.equal(sender.pinned(1), undefined);
});

t.test('forgotten and stopped it holds nothing and answers nobody', async (t) => {
  const { clock, sender, files, answers, settle } = world();
  sender.want(1, 12, need(5));
  await settle();
  await sender.forget(1);
  t.equal(files.made.size, 0);
  sender.want(2, 22, need(5));
  sender.stop();
  sender.want(1, 12, need(5));
  await settle();
  t.equal(answers.length, 2);
  t.equal(clock.timers, 0);
});

t.test(
  'whoever waits while the pin is given up is answered, or it would never ask again',
  async (t) => {
    const { sender, files, answers, settle } = world();
    let finish = () => {};
    files.before = (step) =>
      step === 'make' ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
    sender.want(1, 12, need(5));
    await settle();
    sender.want(1, 13, need(5));
    await sender.forget(1);
    t.match(answers, [{ to: 13, made: undefined }]);
    finish();
    await settle();
    t.match(answers[1], { to: 12, made: { index: 10 } });
  },
);

t.test('a file that cannot be read goes, and is made anew', async (t) => {
  const { sender, files, answers, settle, ask } = world();
  sender.want(1, 12, need(5));
  await settle();
  files.made.clear();
  t.equal(await ask(2, 0), 'gone');
  t.match(answers[1], { to: 12, made: undefined });
  sender.want(1, 12, need(5));
  await settle();
  t.equal(await ask(2, 0), 'data');
});

t.test('a file that somebody asks for again and again is made anew after a while', async (t) => {
  const { clock, sender, files, settle } = world();
  for (let seconds = 0; seconds < 60; seconds += 1) {
    sender.want(1, 12, need(5));
    await settle();
    clock.advance(1_000);
  }
  const makes = files.steps.filter((step) => step === 'make 1').length;
  t.equal(makes, Math.ceil(60_000 / defaultSnapshotLimits.reuseMs));
});

t.test('what a receiver has is told, from its last beginning on, until it has all', async (t) => {
  const { sender, settle, ask } = world();
  sender.want(1, 12, need(5));
  await settle();
  for (let offset = 0; offset < 900; offset += 100) await ask(2, offset);
  t.match(sender.transfers(), [{ peer: 2, state: 'sending', bytesDone: 900, bytesTotal: 1_000 }]);
  await ask(2, 0);
  t.match(sender.transfers(), [{ bytesDone: 100 }], 'another replica there, or another try');
  for (let offset = 100; offset < 1_000; offset += 100) await ask(2, offset);
  t.same(sender.transfers(), []);
});

t.test('who receives a file keeps it, although another one asks for it in vain', async (t) => {
  const { clock, sender, files, settle, ask } = world();
  const makings = () => files.steps.filter((step) => step !== 'read 1');
  sender.want(1, 12, need(5));
  await settle();
  for (let piece = 0; piece < 9; piece += 1) {
    t.equal(await ask(2, piece * 100), 'data', `piece ${piece}`);
    clock.advance(defaultSnapshotLimits.answerMs - 1);
    // Its disk is full.
    sender.want(1, 13, need(5));
    await settle();
  }
  t.same(makings(), ['make 1'], 'as long as somebody receives it');
  await ask(2, 900);
  sender.want(1, 13, need(5));
  await settle();
  t.same(makings(), ['make 1', 'discard 1', 'make 1']);
});
