import t from 'tap';
import { invocationOf } from './command-line.js';

t.test('flags and operands in any order; "--" ends the flags', async (t) => {
  const { flags, operands } = invocationOf('put', ['--json', 'k', '--node', 'a', 'v', '--node=b']);
  t.same(operands, ['k', 'v']);
  t.same(flags.texts('node'), ['a', 'b']);
  t.same(invocationOf('put', ['--', '--key', '-']).operands, ['--key', '-']);
  t.same(invocationOf('put', ['k', '-']).operands, ['k', '-']);
});

t.test('nothing is ignored', async (t) => {
  const cases: readonly (readonly [args: string[], message: string])[] = [
    [['k', '--jsn'], 'Unknown flag --jsn. Did you mean --json?'],
    [['k', '-x'], 'Unknown flag -x.'],
    [['k', '--timeout'], '--timeout needs a value: --timeout TIME.'],
    [['k', '--json=yes'], '--json takes no value, but was given "yes".'],
    [['k', '--timeout', '1s', '--timeout', '2s'], '--timeout is given twice.'],
    [['k', 'v'], 'Unexpected "v". Usage: kvorum get KEY'],
    [[], 'Too few operands. Usage: kvorum get KEY'],
  ];
  for (const [args, message] of cases) t.throws(() => invocationOf('get', args), { message });
});

t.test('--help wants no operands', async (t) => {
  t.ok(invocationOf('get', ['--help']).flags.has('help'));
  t.ok(invocationOf('get', ['-h']).flags.has('help'));
});
