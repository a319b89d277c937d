import t from 'tap';
import { commands } from '../../src/cli/commands.js';
import { findCommand } from '../../src/cli/find-command.js';

t.test('one word or more', async (t) => {
  const find = (...args: string[]) => findCommand(commands, args);
  t.match(find('get', 'k', '--json'), { command: { name: 'get' }, rest: ['k', '--json'] });
  t.match(find('wal', 'dump', 'd'), { command: { name: 'wal dump' }, rest: ['d'] });
  t.match(find('admin', 'members', 'add', '3', '4'), {
    command: { name: 'admin members add' },
    rest: ['3', '4'],
  });
  t.throws(() => find('admin'), { message: /^"admin" is not complete. There is: admin members/ });
  t.throws(() => find('admin', 'members', 'ad'), {
    message: /^Unknown command "admin members ad". There is: admin members list, /,
  });
  t.throws(() => find('admin', 'x', 'y'), { message: /^Unknown command "admin x"/ });
  t.throws(() => find('gte'), { message: 'Unknown command "gte". Did you mean get?' });
  t.throws(() => find('wal'), { message: '"wal" is not complete. There is: wal dump.' });
  t.throws(() => find('wal', 'x'), { message: 'Unknown command "wal x". There is: wal dump.' });
  t.throws(() => find('frobnicate'), { message: 'Unknown command "frobnicate".' });
});
