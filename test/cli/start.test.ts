import t from 'tap';
import { runCli } from './command-line.js';
import { Program } from './program.js';

const fine = [
  ...['--node-id', '1', '--cluster-id', 'shop', '--dir', 'data'],
  ...['--secret', 'a secret of some length', '--node', '1@127.0.0.1:9401'],
];

t.test('closes in order on SIGTERM and SIGINT, exit code 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const program = new Program(t, 'start-program', ['fine', ...fine]);
    await program.until('running node 1');
    program.process.kill(signal);
    t.same(await program.ended, { code: 0, signal: null });
    t.match(program.output, `${signal}, closing`);
    t.match(program.output, 'closed\n');
  }
});

t.test('a second signal ends it at once', async (t) => {
  const program = new Program(t, 'start-program', ['never-closes', ...fine]);
  await program.until('running');
  program.process.kill('SIGTERM');
  await program.until('closing\n');
  program.process.kill('SIGTERM');
  t.same(await program.ended, { code: 1, signal: null });
  t.match(program.output, 'SIGTERM again, ending at once');
});

t.test('a failure while closing is told, exit code 1', async (t) => {
  const program = new Program(t, 'start-program', ['fails-to-close', ...fine]);
  await program.until('running');
  program.process.kill('SIGTERM');
  t.match(await program.ended, { code: 1 });
  t.match(program.output, 'the last checkpoint failed');
});

t.test('a failure to start is told, exit code 1', async (t) => {
  const program = new Program(t, 'start-program', ['fails-to-start', ...fine]);
  t.match(await program.ended, { code: 1 });
  t.equal(program.output, 'the folder belongs to node 2\n', 'and no stack');
});

t.test('after a programming error nothing goes on, not even to close', async (t) => {
  const program = new Program(t, 'start-program', ['breaks', ...fine]);
  t.match(await program.ended, { code: 1 });
  t.match(program.output, 'invariant violated: commit is beyond the log');
  t.notMatch(program.output, 'closed\n');
});

t.test('closes when its parent goes away', async (t) => {
  const program = new Program(t, 'start-program', ['fine', ...fine], { ipc: true });
  await program.until('running node 1');
  program.process.disconnect();
  t.same(await program.ended, { code: 0, signal: null });
  t.match(program.output, 'the parent process is gone, closing');
});

t.test('a wrong configuration: all problems, exit code 2, nothing started', async (t) => {
  const ended = await runCli(['start', '--node-id', '0']);
  t.equal(ended.code, 2);
  t.match(
    ended.err,
    'kvorum start: The configuration has problems:\n  node-id is "0" (from --node-id)',
  );
  t.match(ended.err, '\n  dir is missing');
  t.match(await runCli(['start', '--check', ...fine]), { code: 0, err: /is fine/ });
});
