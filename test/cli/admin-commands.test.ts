import t from 'tap';
import { adminCommands } from '../../src/cli/admin-commands.js';
import { runCli } from './command-line.js';

t.test('every action of the members has a command with what it needs', (t) => {
  const found = adminCommands.map(({ name, operands }) => `${name} ${operands}`);
  t.same(found, [
    'admin members list SHARD',
    'admin members add SHARD NODE',
    'admin members promote SHARD NODE',
    'admin members demote SHARD NODE',
    'admin members remove SHARD NODE',
    'admin members replace SHARD NODE BY',
    'admin transfer-leader SHARD [NODE]',
  ]);
  t.end();
});

t.test('only what an action takes can be given', async (t) => {
  t.match(await runCli(['admin', 'members', 'remove', '3', '4', '--force']), {
    code: 2,
    err: /Unknown flag --force/,
  });
  t.match(await runCli(['admin', 'members', 'replace', '3', '4']), {
    code: 2,
    err: /Too few operands. Usage: kvorum admin members replace SHARD NODE BY/,
  });
  t.match(await runCli(['help', 'admin', 'members', 'add']), { code: 0, out: /--learner/ });
});
