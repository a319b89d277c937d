import t from 'tap';
import { commands } from '../../src/cli/commands.js';
import { exitCodeMeanings } from '../../src/cli/exit-codes.js';
import { familyOf } from '../../src/cli/find-command.js';
import { commandHelp, familyHelp, overview, wrap } from '../../src/cli/help.js';

t.test('the overview names every command and every exit code', async (t) => {
  const text = overview(commands);
  const width = Math.max(...commands.map(({ name }) => name.length));
  for (const { name, summary } of commands) {
    t.match(text, `\n  ${name.padEnd(width)}  ${summary}\n`);
  }
  for (const [code, meaning] of exitCodeMeanings) t.match(text, `  ${code}  ${meaning}\n`);
});

t.test('the help of a command has its flags, notes and examples', async (t) => {
  for (const command of commands) {
    const text = commandHelp(command);
    t.match(text, `Usage: kvorum ${command.name}`);
    for (const { name } of command.flags) t.match(text, `--${name}`);
    for (const [line, why] of command.examples) t.match(text, `  # ${why}\n  ${line}\n`);
    const prose = text.split('\n').filter((line) => !line.startsWith('  kvorum '));
    for (const line of prose) t.ok(line.length <= 100, line);
  }
});

t.test('wraps at words', async (t) => {
  t.same(wrap('one two three', 7), ['one two', 'three']);
  t.same(wrap('unbreakable x', 3), ['unbreakable', 'x']);
});

t.test('commands that share their first words are listed', async (t) => {
  const family = familyOf(commands, ['admin', 'members']);
  t.ok(family.length > 4);
  const text = familyHelp('admin members', family);
  t.match(text, /^Usage: kvorum admin members COMMAND/);
  for (const { name } of family) t.match(text, `\n  ${name} `);
  t.same(familyOf(commands, []), []);
  t.same(familyOf(commands, ['get']), [], 'a command of its own');
});
