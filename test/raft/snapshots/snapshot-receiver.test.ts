/** Fetching a snapshot, whatever happens on the way. */
import { crc32 } from 'node:zlib';
import t from 'tap';
import { decodeChunkRequest, encodeChunkAnswer } from '../../../src/raft/snapshots/chunk-codec.js';
import { defaultSnapshotLimits } from '../../../src/raft/snapshots/limits.js';
import { SnapshotReceiver } from '../../../src/raft/snapshots/snapshot-receiver.js';
import { RequestError } from '../../../src/raft/transport/types.js';
import { ManualClock } from '../../simulation/manual-clock.js';
import { FakeSnapshotFiles } from './fake-snapshot-files.js';

const contents = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251));
const file = { index: 10, term: 3, bytes: contents.length, checksum: crc32(contents) };

function world(limits: Partial<typeof defaultSnapshotLimits> = {}) {
  const clock = new ManualClock();
  const files = new FakeSnapshotFiles({
    dump: () => undefined,
    ...{ restore() {}, setWhole() {}, remove() {} },
  });
  const events: string[] = [];
  const asked: { node: number; group: number; offset: number }[] = [];
  let open = 0;
  const here = {
    /** What the other side answers with. */
    reply: async (offset: number, length: number): Promise<Buffer> =>
      encodeChunkAnswer({ kind: 'data', data: contents.subarray(offset, offset + length) }),
    openMax: 0,
  };
  const receiver = new SnapshotReceiver({
    files,
    clock,
    limits: { ...defaultSnapshotLimits, chunkBytesMax: 100, ...limits },
    logger: { info() {}, warn() {} },
    transport: {
      request: async (node, body) => {
        const { group, offset, length } = decodeChunkRequest(Buffer.from(body));
        asked.push({ node, group, offset });
        open += 1;
        here.openMax = Math.max(here.openMax, open);
        return here.reply(offset, length).finally(() => {
          open -= 1;
        });
      },
    },
    received: (group, { index }) => events.push(`received ${group} ${index}`),
    failed: (group, { index }) => events.push(`failed ${group} ${index}`),
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed <= ms; passed += 100) {
      for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
  };
  return { clock, files, events, asked, here, receiver, pass };
}

const lost = () => Promise.reject(new RequestError('unknown', 'the link is down'));

t.test('all pieces in order, two under way, then the whole is checked', async (t) => {
  const { files, events, asked, here, receiver, pass } = world();
  receiver.fetch(1, 2, file);
  receiver.fetch(1, 2, file);
  await pass(0);
  t.same(events, ['received 1 10']);
  t.same(
    asked.map(({ offset }) => offset),
    [0, 100, 200, 300, 400, 500, 600, 700, 800, 900],
    'the same offer twice is one fetch',
  );
  t.equal(here.openMax, 2);
  t.same(files.received.get('1-10-3'), contents);
  t.match(receiver.statistics, { received: 1, failed: 0, receivedBytes: 1_000 });
});

t.test('a broken connection: it goes on behind what it has', async (t) => {
  const { events, asked, here, receiver, pass } = world();
  const { reply } = here;
  here.reply = (offset, length) => (offset >= 400 ? lost() : reply(offset, length));
  receiver.fetch(1, 2, file);
  await pass(1_000);
  t.match(receiver.transfers(), [{ group: 1, peer: 2, bytesDone: 400, bytesTotal: 1_000 }]);
  here.reply = reply;
  asked.length = 0;
  await pass(1_000);
  t.same(events, ['received 1 10']);
  t.equal(asked[0]?.offset, 400);
});

t.test('damaged, cut and busy answers are asked for again', async (t) => {
  const { events, here, receiver, pass } = world();
  const { reply } = here;
  const odd = [
    async (offset: number, length: number) => {
      const bytes = Buffer.from(await reply(offset, length));
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      return bytes;
    },
    async (offset: number, length: number) => reply(offset, length - 1),
    async () => encodeChunkAnswer({ kind: 'later' }),
    async () => Buffer.from('nonsense'),
    lost,
  ];
  let count = 0;
  here.reply = (offset, length) => {
    count += 1;
    const fault = count % 3 === 0 ? odd.shift() : undefined;
    return (fault ?? reply)(offset, length);
  };
  receiver.fetch(1, 2, file);
  await pass(5_000);
  t.equal(odd.length, 0);
  t.same(events, ['received 1 10']);
});

t.test('it gives up when the sender has it no longer', async (t) => {
  const { files, events, here, receiver, pass } = world();
  here.reply = async () => encodeChunkAnswer({ kind: 'gone' });
  receiver.fetch(1, 2, file);
  await pass(defaultSnapshotLimits.retryMs);
  t.same(events, ['failed 1 10']);
  t.same(files.steps, ['receive 1', 'abort 1'], 'and leaves nothing');
});

t.test('it gives up after a time without a new byte', async (t) => {
  const { events, here, receiver, pass } = world();
  const { reply } = here;
  here.reply = (offset, length) => (offset >= 400 ? lost() : reply(offset, length));
  receiver.fetch(1, 2, file);
  await pass(29_000);
  t.same(events, []);
  await pass(2_000);
  t.same(events, ['failed 1 10']);
  t.same(receiver.transfers(), []);
});

t.test('a file that is not what it says is no file', async (t) => {
  const { events, receiver, pass } = world();
  receiver.fetch(1, 2, { ...file, checksum: 1 });
  await pass(defaultSnapshotLimits.retryMs);
  t.same(events, ['failed 1 10']);
});

t.test('a disk that fails while writing ends the fetch, not the node', async (t) => {
  const { files, events, receiver, pass } = world();
  files.before = (step) => {
    if (step === 'write') throw new Error('ENOSPC');
  };
  receiver.fetch(1, 2, file);
  await pass(defaultSnapshotLimits.retryMs);
  t.same(events, ['failed 1 10']);
});

t.test('failures in a row are told later and later: the leader offers again at once', async (t) => {
  const { files, events, receiver, pass } = world();
  files.before = (step) => {
    if (step === 'receive') throw new Error('EMFILE');
  };
  for (let ms = 0; ms < 60_000; ms += 100) {
    receiver.fetch(1, 2, file);
    await pass(0);
  }
  t.ok(events.length > 5 && events.length < 12, `${events.length} failures in a minute`);
  files.before = () => {};
  for (let ms = 0; ms < 31_000; ms += 100) {
    receiver.fetch(1, 2, file);
    await pass(0);
  }
  t.equal(events.at(-1), 'received 1 10');
  files.before = (step) => {
    if (step === 'receive') throw new Error('EMFILE');
  };
  receiver.fetch(1, 2, { ...file, index: 11 });
  await pass(defaultSnapshotLimits.retryMs);
  t.equal(events.at(-1), 'failed 1 11', 'a success ends it');
});

t.test('D6: another snapshot takes its place; the old one says nothing any more', async (t) => {
  const { files, events, here, receiver, pass } = world();
  const { reply } = here;
  here.reply = lost;
  receiver.fetch(1, 2, file);
  await pass(100);
  here.reply = reply;
  receiver.fetch(1, 3, { ...file, index: 20 });
  await pass(1_000);
  t.same(events, ['received 1 20']);
  t.same([...files.received.keys()], ['1-20-3']);
});

t.test('two at a time; the third waits its turn', async (t) => {
  const { events, asked, here, receiver, pass } = world();
  const { reply } = here;
  here.reply = lost;
  for (const group of [1, 2, 3]) receiver.fetch(group, 2, file);
  await pass(1_000);
  t.same([...new Set(asked.map(({ group }) => group))], [1, 2]);
  receiver.cancel(1);
  here.reply = reply;
  await pass(1_000);
  t.same(events.sort(), ['received 2 10', 'received 3 10']);
});

t.test('stopped it asks nobody and tells nobody', async (t) => {
  const { events, asked, here, receiver, pass } = world();
  here.reply = lost;
  receiver.fetch(1, 2, file);
  await pass(100);
  receiver.stop();
  asked.length = 0;
  await pass(1_000);
  receiver.fetch(2, 2, file);
  await pass(100);
  t.same(asked, []);
  t.same(events, []);
});
