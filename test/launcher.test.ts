/** `bin/kvorum.js`, which runs before anything of ours is compiled or typed. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './tidy/tree.js';

interface Behind {
  /** The files that stand where the compiled command line would. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A copy of the launcher with another program behind it, in a process that tap does not touch. */
function launch(folder: string, { files = {}, env = {} }: Behind) {
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const program = join(folder, 'build', 'src', 'cli');
  if (Object.keys(files).length > 0) mkdirSync(program, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(program, name), text);
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const clean = ['-u', 'NODE_OPTIONS', '-u', 'UV_THREADPOOL_SIZE', ...set];
  const command = [process.execPath, join(folder, 'bin', 'kvorum.js')];
  return spawnSync('env', [...clean, ...command], { encoding: 'utf8' });
}

/** Keeps every thread of libuv's pool busy and counts how many more threads there are then. */
const countPoolThreads = `
import { pbkdf2 } from 'node:crypto';
import { readdirSync } from 'node:fs';
const count = () => readdirSync('/proc/self/task').length;
export function main() {
  let running = 32;
  for (let i = 0; i < 32; i += 1) pbkdf2('a', 'b', 2000, 64, 'sha512', () => {
    running -= 1;
    if (running === 0) console.log(process.env.UV_THREADPOOL_SIZE, count());
  });
}`;

t.test('the thread pool really has its size', { skip: process.platform !== 'linux' }, async (t) => {
  const threads = (size?: string) => {
    const env = size === undefined ? {} : { UV_THREADPOOL_SIZE: size };
    const files = { 'main.js': countPoolThreads };
    const [shown, count] = launch(t.testdir(), { files, env }).stdout.trim().split(' ');
    t.equal(shown, size ?? '16');
    return Number(count);
  };
  t.equal(threads() - threads('4'), 12, 'sixteen unless set');
});

t.test('says what to do when nothing is built', async (t) => {
  const { status, stderr } = launch(t.testdir(), {});
  t.equal(status, 1);
  t.match(stderr, 'kvorum is not built yet: run `make build`');
});

t.test('runs the command line and passes its exit code on', async (t) => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'bin', 'kvorum.js'), ...args], { encoding: 'utf8' });
  t.match(run('version'), { status: 0, stdout: /^kvorum \d/ });
  t.match(run('frobnicate'), { status: 2, stderr: /Unknown command/ });
});

t.test('stack traces name the sources', async (t) => {
  const map = { version: 3, sources: ['original.ts'], names: [], mappings: 'AAAA' };
  const files = {
    'main.js':
      "export function main() { throw new Error('boom'); }\n//# sourceMappingURL=main.js.map\n",
    'main.js.map': JSON.stringify(map),
  };
  const { stderr, status } = launch(t.testdir(), { files });
  t.not(status, 0);
  t.match(stderr, 'original.ts');
});
