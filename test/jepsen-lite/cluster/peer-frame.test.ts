/** Frames are understood and written as the product's own test vectors have them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { messagesOf, readFrame, writeFrame } from '../../../jepsen-lite/cluster/peer-frame.js';

const folder = join(import.meta.dirname, '../../../../test/raft/transport/vectors');

function vector(file: string): Buffer {
  const { frame } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { frame: string };
  return Buffer.from(frame, 'hex');
}

t.test('what was read is written as the same bytes', async (t) => {
  const files = readdirSync(folder);
  t.ok(files.length >= 7);
  for (const file of files) {
    const frame = vector(file);
    const records = readFrame(frame);
    if (records === undefined) return t.fail(`${file} is not understood`);
    t.same(writeFrame(records), frame, file);
  }
});

t.test('messages name their shard and can be changed', async (t) => {
  const records = readFrame(vector('votes.json')) ?? [];
  const messages = records.flatMap(messagesOf);
  t.match(messages, [
    { group: 1, from: 3, to: 4, term: 7, transfer: 0, lastIndex: 10 },
    { granted: 1 },
    { transfer: 1 },
    { granted: 0 },
  ]);
  const [, grant] = messages;
  if (grant !== undefined) grant['granted'] = 0;
  const again = readFrame(writeFrame(records)) ?? [];
  t.match(again.flatMap(messagesOf)[1], { granted: 0 });
});

t.test('numbers of all sizes', async (t) => {
  for (const number of [0, 127, 128, 300, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const frame = writeFrame([{ type: 24, fields: { number } }]);
    t.same(readFrame(frame), [{ type: 24, fields: { number } }]);
  }
});

t.test('a frame of another version is left alone', async (t) => {
  const frame = writeFrame([{ type: 24, fields: { number: 1 } }]);
  frame.writeUInt8(99, 12);
  t.equal(readFrame(frame), undefined);
});
