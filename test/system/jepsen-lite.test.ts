/**
 * jepsen-lite against three real nodes, as a newcomer runs it: mixed faults, all workloads, and a
 * verdict. `make jepsen` is the same with five nodes and for longer.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';

const launcher = join(import.meta.dirname, '..', '..', '..', 'bin', 'jepsen-lite.js');
const seconds = 25;
/** The same faults each time, twelve of them; `make jepsen` draws others. */
const seed = 709996;

t.test('three nodes under mixed faults keep every promise', async (t) => {
  const out = t.testdir();
  const limits = ['--time', `${seconds}s`, '--seed', `${seed}`];
  const args = ['run', '--start', '3', ...limits, '--out', out, '--json'];
  const child = spawn(process.execPath, [launcher, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGINT'));
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  t.equal(code, 0, stderr.slice(-6_000));
  const results = JSON.parse(stdout);
  t.match(results, { exit: 0, recovery: { converged: true } });
  for (const { name, verdict } of results.workloads) t.equal(verdict.validity, 'valid', name);
  const [folder = ''] = readdirSync(out);
  const history = readFileSync(join(out, folder, 'history.jsonl'), 'utf8');
  const answered = history.split('\n').filter((line) => line.includes('"type":"ok"')).length;
  // How many depends on the machine. That each kind succeeded is part of the verdict (exit code 0).
  t.ok(answered > 0, 'something was answered');
  t.comment(`${answered} operations answered`);
  for (const file of ['config.json', 'nemesis.jsonl', 'results.json']) {
    t.ok(existsSync(join(out, folder, file)), file);
  }
  t.comment(stderr.split('\n').slice(-18).join('\n'));
});
