import t from 'tap';
import { dumpTo, type WalRecord } from '../../src/cli/wal-dump.js';
import { fakeContext, invocationOf } from './command-line.js';

const records: readonly WalRecord[] = [
  { group: undefined, text: 'segment 1', json: { type: 'segment', id: 1 } },
  { group: 3, text: 'group 3 entry 7.2', json: { type: 'entry', group: 3, index: 7 } },
  { group: 4, text: 'group 4 entry 1.1', json: { type: 'entry', group: 4, index: 1 } },
];

async function dump(...args: string[]): Promise<string> {
  const { context, stdout } = fakeContext();
  const asked: string[] = [];
  const code = await dumpTo(
    (dir) => {
      asked.push(dir);
      return records;
    },
    invocationOf('wal dump', ['some/dir', ...args]),
    context,
  );
  t.equal(code, 0);
  t.same(asked, ['some/dir']);
  return stdout.bytes().toString();
}

t.test('a line for each record, for people or as JSON, of all groups or one', async (t) => {
  t.equal(await dump(), 'segment 1\ngroup 3 entry 7.2\ngroup 4 entry 1.1\n');
  t.equal(await dump('--group', '3'), 'group 3 entry 7.2\n');
  t.equal(await dump('--group', '4', '--json'), '{"type":"entry","group":4,"index":1}\n');
  await t.rejects(dump('--group', 'x'), { message: /--group is "x"/ });
});
