/**
 * A rule that never fires is no rule: one violation of each layer rule and of each ban in the
 * consensus core is planted, and the tools that `make lint` runs must report it.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { findCoreViolations } from './tidy/core-bans.js';
import { root } from './tidy/tree.js';

const planted = {
  'package.json': '{ "devDependencies": { "only-for-tests": "1.0.0" } }',
  'tsconfig.json': '{ "compilerOptions": { "module": "nodenext" } }',
  node_modules: {
    'only-for-tests': { 'package.json': '{ "main": "index.js" }', 'index.js': '' },
  },
  src: {
    'a.ts': "import { b } from './b.js'; export const a = () => b;",
    'b.ts': "import { a } from './a.js'; export const b = () => a;",
    'c.ts': "import '../test/helper.js'; import 'only-for-tests'; import './nowhere.js';",
    raft: {
      'host.ts': "import type { Key } from '../kv/key.js'; export type Host = Key;",
      core: { 'core.ts': "import { readFileSync } from 'node:fs'; export const f = readFileSync;" },
    },
    kv: { 'key.ts': "import '../http/server.js'; export type Key = string;" },
    http: { 'server.ts': "import '../cli/main.js'; export const port = 1;" },
    cli: { 'main.ts': 'export const name = 1;' },
    client: { 'client.ts': "import '../kv/key.js';" },
  },
  test: { 'helper.ts': 'export const helper = 1;' },
  'jepsen-lite': {
    checker: { 'check.ts': "import '../run/run.js'; export const check = 1;" },
    run: { 'run.ts': "import '../../src/kv/key.js'; export const run = 1;" },
  },
};

t.test('every rule of .dependency-cruiser.cjs reports its violation', async (t) => {
  const folder = t.testdir(planted);
  const configuration = join(root, '.dependency-cruiser.cjs');
  copyFileSync(configuration, join(folder, '.dependency-cruiser.cjs'));
  const depcruise = spawnSync(
    join(root, 'node_modules', '.bin', 'depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src', 'jepsen-lite'],
    { cwd: folder, encoding: 'utf8' },
  );
  const report: unknown = JSON.parse(depcruise.stdout);
  const fired = new Set(violationsOf(report).map((violation) => violation.rule.name));
  const rules: { forbidden: { name: string }[] } = createRequire(import.meta.url)(configuration);
  for (const rule of rules.forbidden) t.ok(fired.has(rule.name), `${rule.name} fires`);
});

function violationsOf(report: unknown): { rule: { name: string } }[] {
  const { summary } = report as { summary: { violations: { rule: { name: string } }[] } };
  return summary.violations;
}

t.test('biome reports every global that the core must not use', async (t) => {
  const globals = [
    ...['Date', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'Promise'],
    ...['process', 'performance', 'crypto', 'fetch', 'globalThis', 'global', 'console'],
  ];
  const source = globals.map((name, i) => `export const used${i} = () => ${name};`).join('\n');
  const folder = t.testdir({
    src: { raft: { 'planted.ts': source, core: { 'planted.ts': source } } },
  });
  copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'));
  const { stdout } = spawnSync(
    join(root, 'node_modules', '.bin', 'biome'),
    ['lint', '--max-diagnostics=none', '--reporter=github', 'src'],
    { cwd: folder, encoding: 'utf8' },
  );
  const reported = stdout.split('\n').filter((line) => line.includes('noRestrictedGlobals'));
  for (const name of globals) {
    const line = reported.find((report) => report.includes(`global variable ${name}.`));
    t.match(line, 'src/raft/core/planted.ts', `${name} is denied in the core`);
  }
  t.equal(reported.length, globals.length, 'and only in the core');
});

t.test('the tidy test reports what biome cannot name in the core', async (t) => {
  const banned: readonly (readonly [source: string, what: string])[] = [
    ['export const x = Math.random();', 'Math.random'],
    ["export const x = Math['random']();", 'Math.random'],
    ['const { random } = Math; export const x = random;', 'Math.random'],
    ['export async function x() {}', 'async'],
    ['export const x = async () => 1;', 'async'],
    ['export const x = await y;', 'await'],
    ['for await (const x of y) z(x);', 'await'],
    ["export const x = import('./y.js');", 'import()'],
    ["import { x } from 'node:fs';", 'node:fs'],
    ["export * from 'zod';", 'zod'],
    ["import '../clock.js';", '../clock.js'],
    ['export function x(): Promise<void> { return y; }', 'Promise'],
  ];
  for (const [source, what] of banned) {
    const found = findCoreViolations({ path: 'src/raft/core/planted.ts', text: source });
    t.match(found.join('\n'), what, source);
  }
  const clean = "import { a } from './a.js';\nexport const x = Math.max(a, 1);";
  t.same(findCoreViolations({ path: 'src/raft/core/planted.ts', text: clean }), []);
});
