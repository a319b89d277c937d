import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runCli } from './command-line.js';
import { fakeNode, unusedPort } from './fake-nodes.js';

t.test('every check has a line; a taken port is not fit', async (t) => {
  const dir = t.testdir();
  const taken = await fakeNode(t, () => {});
  const addresses = [
    '--http',
    `127.0.0.1:${taken.port}`,
    '--peer',
    `127.0.0.1:${await unusedPort()}`,
  ];
  const ended = await runCli(['doctor', '--dir', join(dir, 'not', 'yet'), ...addresses, '--json']);
  t.equal(ended.code, 1);
  const { fit, findings } = JSON.parse(ended.out);
  t.equal(fit, false);
  const names = findings.map(({ name }: { name: string }) => name);
  t.same(names, [
    ...['node', 'file system', 'disk space', 'fsync', 'memory', 'open files'],
    ...['http port', 'peer port', 'clock'],
  ]);
  const verdictOf = (wanted: string) =>
    findings.find(({ name }: { name: string }) => name === wanted).verdict;
  t.equal(verdictOf('http port'), 'bad');
  t.equal(verdictOf('peer port'), 'ok');
  t.same(readdirSync(dir), [], 'nothing is left behind');
});

t.test('for people', async (t) => {
  const addresses = ['--http', `127.0.0.1:${await unusedPort()}`];
  const ended = await runCli(['doctor', '--dir', t.testdir(), ...addresses]);
  t.match(ended.out, /^ok {4}node {9}\d+\./);
  t.match(ended.out, /\n(ok {2}|warn|BAD ) {2}fsync {8}\d+ syncs: p50 /);
});

t.test('one port for two servers is not fit', async (t) => {
  const address = `127.0.0.1:${await unusedPort()}`;
  const args = ['doctor', '--dir', t.testdir(), '--http', address, '--peer', address];
  t.match(await runCli(args), { code: 1, out: /BAD {3}ports .* each needs its own\n/ });
});

t.test('a wrong address is wrong usage', async (t) => {
  t.match(await runCli(['doctor', '--http', 'here']), { code: 2, err: /--http is "here"/ });
});
