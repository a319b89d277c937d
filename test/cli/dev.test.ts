import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fakeNode } from './fake-nodes.js';
import { freePorts } from './free-ports.js';
import { isAlive, Program, untilGone } from './program.js';

async function flagsFor(dir: string, nodes: number): Promise<string[]> {
  const port = await freePorts(2 * nodes);
  const ports = ['--port', String(port), '--peer-port', String(port + nodes)];
  return ['--dir', dir, '--nodes', String(nodes), '--replicas', '1', ...ports];
}

/** From the table: the numbers in the column `pid`. */
function pidsIn(output: string): number[] {
  const rows = output.matchAll(/^ +\d+ {2}http:\S+ +\S+ +(\d+) /gm);
  return [...rows].map((row) => Number(row[1]));
}

t.test('a cluster from its start over its end to its next start', async (t) => {
  const dir = join(t.testdir(), 'cluster');
  const flags = await flagsFor(dir, 3);
  const first = new Program(t, 'dev-program', flags, { env: { KVORUM_DIR: '/not/for/nodes' } });
  await first.until('Ctrl-C stops all nodes');
  t.match(first.output, `Starting 3 nodes, 12 shards, 1 replica in ${dir}\n`);
  t.match(first.output, /^ {2}curl -X PUT .*\/v1\/kv\/greeting$/m);
  const pids = pidsIn(first.output);
  t.equal(pids.length, 3);
  for (const pid of pids) t.ok(isAlive(pid));
  t.equal(statSync(join(dir, 'secret')).mode & 0o777, 0o600);
  const config = JSON.parse(readFileSync(join(dir, 'node-2.json'), 'utf8'));
  t.match(config, { 'node-id': 2, dir: join(dir, 'node-2'), 'segment-bytes': 4_194_304 });

  const second = new Program(t, 'dev-program', flags);
  t.match(await second.ended, { code: 1 });
  t.match(second.output, `is in use by another kvorum dev (process ${first.process.pid})`);

  first.process.kill('SIGINT');
  t.same(await first.ended, { code: 0, signal: null });
  t.match(first.output, 'Stopped. The data is in');
  for (const pid of pids) t.notOk(isAlive(pid));
  t.match(readFileSync(join(dir, 'node-1.log'), 'utf8'), 'fake node 1: SIGTERM');

  const third = new Program(t, 'dev-program', ['--dir', dir]);
  await third.until('Ctrl-C stops all nodes');
  t.match(third.output, 'Resuming 3 nodes, 12 shards, 1 replica');
  third.process.kill('SIGTERM');
  t.match(await third.ended, { code: 0 });
  const log = readFileSync(join(dir, 'node-1.log'), 'utf8');
  const clusters = [...log.matchAll(/of (dev-\w+),/g)].map((match) => match[1]);
  t.equal(clusters.length, 2);
  t.equal(clusters[0], clusters[1], 'the same cluster both times');
});

t.test('nodes do not outlive a killed parent', async (t) => {
  const program = new Program(t, 'dev-program', await flagsFor(join(t.testdir(), 'c'), 2));
  await program.until('Ctrl-C stops all nodes');
  const pids = pidsIn(program.output);
  t.equal(pids.length, 2);
  program.process.kill('SIGKILL');
  await program.ended;
  for (const pid of pids) await untilGone(pid);
});

t.test('a node that dies is reported with its last words, the others go on', async (t) => {
  const dir = join(t.testdir(), 'c');
  const program = new Program(t, 'dev-program', await flagsFor(dir, 3), {
    env: { FAKE_NODE: 'one-fails' },
  });
  await program.until('Ctrl-C stops all nodes');
  t.match(program.output, /Node 2 \(pid \d+\) ended with exit code 7/);
  t.match(program.output, '  | no space left on the device\n');
  t.match(program.output, /start it again by hand: bin\/kvorum\.js start --config/);
  const [one = 0, three = 0] = pidsIn(program.output);
  process.kill(three, 'SIGKILL');
  await program.until(`Node 3 (pid ${three}) was ended by SIGKILL`);
  t.ok(isAlive(one));
  program.process.kill('SIGTERM');
  t.match(await program.ended, { code: 0 });
});

t.test(
  'Ctrl-C in a terminal reaches the whole group, and still closes the nodes in order',
  async (t) => {
    const dir = join(t.testdir(), 'c');
    const program = new Program(t, 'dev-program', await flagsFor(dir, 1), { group: true });
    await program.until('Ctrl-C stops all nodes');
    process.kill(-(program.process.pid ?? 0), 'SIGINT');
    t.match(await program.ended, { code: 0 });
    const log = readFileSync(join(dir, 'node-1.log'), 'utf8');
    t.match(log, 'fake node 1: SIGTERM');
    t.notMatch(log, 'SIGINT');
  },
);

t.test('when all nodes have ended there is nothing to wait for', async (t) => {
  const program = new Program(t, 'dev-program', await flagsFor(join(t.testdir(), 'c'), 2), {
    env: { FAKE_NODE: 'all-fail' },
  });
  t.match(await program.ended, { code: 1 });
  t.match(program.output, 'All nodes have ended.');
});

t.test('a second signal kills nodes that do not close', async (t) => {
  const program = new Program(t, 'dev-program', await flagsFor(join(t.testdir(), 'c'), 2), {
    env: { FAKE_NODE: 'never-closes' },
  });
  await program.until('Ctrl-C stops all nodes');
  program.process.kill('SIGINT');
  await program.until('Stopping 2 nodes');
  program.process.kill('SIGINT');
  t.match(await program.ended, { code: 0 });
  for (const pid of pidsIn(program.output)) t.notOk(isAlive(pid));
});

t.test('a cluster that is not ready can be stopped', async (t) => {
  const program = new Program(t, 'dev-program', await flagsFor(join(t.testdir(), 'c'), 1), {
    env: { FAKE_NODE: 'never-ready' },
  });
  await program.until('Starting 1 node,');
  program.process.kill('SIGINT');
  t.match(await program.ended, { code: 0 });
});

t.test('taken ports are named before anything starts', async (t) => {
  const taken = await fakeNode(t, () => {});
  const peer = await freePorts(1);
  const dir = join(t.testdir(), 'c');
  const ports = ['--port', String(taken.port), '--peer-port', String(peer)];
  const program = new Program(t, 'dev-program', ['--dir', dir, '--nodes', '1', ...ports]);
  t.match(await program.ended, { code: 1 });
  t.match(program.output, `127.0.0.1:${taken.port} is in use by another process`);
  t.match(program.output, 'choose others with --port and --peer-port');
});
