import t from 'tap';
import { commands } from '../../src/cli/commands.js';
import { findCommand } from '../../src/cli/find-command.js';
import { parseInvocation } from '../../src/cli/invocation.js';
import { runCli } from './command-line.js';

t.test('every command loads and has an example', async (t) => {
  for (const command of commands) {
    t.type(await command.load(), 'function', command.name);
    t.ok(command.examples.length > 0, `${command.name} has an example`);
  }
});

t.test('every example is a command line that the parser takes', async (t) => {
  for (const [line] of commands.flatMap(({ examples }) => examples)) {
    const [own = ''] = line.replace(/^.*\| (?=kvorum)/, '').split(/ [|>] /);
    const words = own.split(' ').map((word) => word.replaceAll("'", ''));
    t.equal(words[0], 'kvorum');
    const { command, rest } = findCommand(commands, words.slice(1));
    t.doesNotThrow(() => parseInvocation(command, rest), line);
  }
});

t.test('help of all, of one, of none', async (t) => {
  t.match(await runCli(['help']), { code: 0, out: /Usage: kvorum COMMAND/ });
  t.match(await runCli(['help', 'wal', 'dump']), { code: 0, out: /Usage: kvorum wal dump DIR/ });
  t.match(await runCli(['help', 'wla']), { code: 2, err: /Did you mean wal dump|Unknown command/ });
});
