import t from 'tap';
import { runCli } from './command-line.js';

t.test('no command at all is wrong usage and shows what there is', async (t) => {
  t.match(await runCli([]), { code: 2, out: '', err: /Usage: kvorum COMMAND/ });
});

t.test('help and version by flag', async (t) => {
  t.match(await runCli(['--help']), { code: 0, out: /Usage: kvorum COMMAND/ });
  t.match(await runCli(['-h']), { code: 0 });
  t.match(await runCli(['--version']), { code: 0, out: /^kvorum \d/ });
  t.match(await runCli(['get', '--help']), { code: 0, out: /Usage: kvorum get KEY/ });
});

t.test('a slip is answered with the nearest thing, exit code 2', async (t) => {
  const command = await runCli(['statsu']);
  t.equal(command.code, 2);
  t.equal(
    command.err,
    'kvorum: Unknown command "statsu". Did you mean status?\nSee `kvorum help`.\n',
  );
  t.match(await runCli(['help', 'foo']), { code: 2, err: /See `kvorum help`\.\n$/ });
  const flag = await runCli(['get', 'k', '--nodes', 'x']);
  t.equal(
    flag.err,
    'kvorum get: Unknown flag --nodes. Did you mean --node?\nSee `kvorum help get`.\n',
  );
});
