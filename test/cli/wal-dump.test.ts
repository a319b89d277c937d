import t from 'tap';
import { type DumpedItem, dumpTo } from '../../src/cli/wal-dump.js';
import { fakeContext, invocationOf, runCli } from './command-line.js';

const segment = { item: 'segment', file: 'wal/1.seg', id: 1 };
const frame = { item: 'frame', file: 'wal/1.seg', offset: 64, kind: 'batch', crc: 'ok' };
const place = { item: 'record', file: 'wal/1.seg', offset: 64 };
const entry = { ...place, record: 'entry', group: 3, index: 7, term: 2 };
const hardState = { ...place, record: 'hard-state', group: 4, hardState: { term: 2, vote: 1 } };
const damaged = {
  item: 'damage',
  file: 'wal/1.seg',
  offset: 512,
  bytes: 96,
  reason: 'bad checksum',
};

interface Dumped {
  readonly code: number;
  readonly out: string;
  readonly asked: readonly string[];
}

async function dump(items: readonly DumpedItem[], ...args: string[]): Promise<Dumped> {
  const { context, stdout } = fakeContext();
  const asked: string[] = [];
  async function* dumpWal(dir: string) {
    asked.push(dir);
    yield* items;
  }
  const code = await dumpTo(dumpWal, invocationOf('wal dump', ['some/dir', ...args]), context);
  return { code, out: stdout.bytes().toString(), asked };
}

const sound = [segment, frame, entry, hardState];

t.test('a line for each thing, records below their frame', async (t) => {
  const { code, out, asked } = await dump(sound);
  t.equal(code, 0);
  t.same(asked, ['some/dir']);
  t.equal(
    out,
    `segment file=wal/1.seg id=1
frame file=wal/1.seg offset=64 kind=batch crc=ok
  entry group=3 index=7 term=2
  hard-state group=4 hardState={"term":2,"vote":1}
`,
  );
});

t.test('one group; JSON as it is', async (t) => {
  t.equal((await dump(sound, '--group', '3')).out, '  entry group=3 index=7 term=2\n');
  const { out } = await dump(sound, '--group', '4', '--json');
  t.same(JSON.parse(out), hardState);
  await t.rejects(dump(sound, '--group', 'x'), { message: /--group is "x"/ });
});

t.test('damage is always shown and is exit code 1', async (t) => {
  const { code, out } = await dump([segment, damaged, entry], '--group', '3');
  t.equal(code, 1);
  t.equal(
    out,
    'damage file=wal/1.seg offset=512 bytes=96 reason=bad checksum\n' +
      '  entry group=3 index=7 term=2\n',
  );
});

t.test('a record with a wrong checksum is damage too', async (t) => {
  t.equal((await dump([{ ...entry, crc: 'ok' }])).code, 0);
  t.equal((await dump([{ ...entry, crc: 'bad' }])).code, 1);
});

t.test('a folder without a log', async (t) => {
  const dir = t.testdir();
  const ended = await runCli(['wal', 'dump', dir]);
  t.match(ended, { code: 1, out: '' });
  t.match(ended.err, `kvorum wal dump: ${dir} holds no log that can be read: ENOENT`);
});
