/**
 * The habits of this project, checked, so that reviews can talk about design. Each check is shown
 * to fire on planted text first and is then run over the tree. The lists of exceptions may only
 * shrink: an entry that is no longer needed fails the test.
 */
import t from 'tap';
import {
  columnsMax,
  countLines,
  fileLinesMax,
  fileLinesNever,
  findCodeViolations,
  functionLinesMax,
} from './tidy/budgets.js';
import { findCoreViolations } from './tidy/core-bans.js';
import { findDocumentViolations } from './tidy/documents.js';
import { compareTrees, declaresOnly } from './tidy/mirror.js';
import { codeFiles, exists, markdownFiles, readSource } from './tidy/tree.js';

/** Files over the budget, with the lines they may have. Entries go, numbers fall; neither rises. */
const longFiles: Readonly<Record<string, number>> = {};

/** Sources without a test of the same name, and what tests them instead. */
const untestedSources: Readonly<Record<string, string>> = {};

const code = codeFiles();

t.test('code: columns, functions, leftovers, barrels, header comments', async (t) => {
  const planted: readonly (readonly [path: string, text: string, finding: string])[] = [
    ['src/x.ts', `/** x */\n// ${'x'.repeat(columnsMax)}`, 'src/x.ts:2: more than 100 columns'],
    ['src/x.ts', `/** ${'TO'}${'DO'} later */`, 'src/x.ts:1: a leftover mark'],
    ['src/x.ts', `/** ${'FIX'}${'ME'} */`, 'src/x.ts:1: a leftover mark'],
    ['test/x.test.ts', `t.${'only'}('x')`, 'test/x.test.ts:1: runs alone'],
    ['src/x.ts', `/** x */\nexport const x = () => {${'\n'.repeat(functionLinesMax)}};`, 'of 71'],
    ['test/x.ts', `it(() => {${'\n'.repeat(functionLinesMax)}});`, 'of 71'],
    ['src/x.ts', "/** x */\nexport { y } from './y.js';", 'a barrel'],
    ['src/x.ts', "/** x */\nexport * from './y.js';\nexport const z = 1;", 'a barrel'],
    ['src/x.ts', 'export const x = 1;', 'no header comment'],
  ];
  for (const [path, text, finding] of planted) {
    t.match(findCodeViolations({ path, text }).join('\n'), finding, finding);
  }
  t.same(findCodeViolations({ path: 'src/x.ts', text: '/** x */\nexport const x = 1;\n' }), []);
  const half = `it(() => {${'\n'.repeat(functionLinesMax / 2)}});\n`;
  const suite = `export function suite() {\n${half}${half}}\n`;
  t.same(findCodeViolations({ path: 'test/x.ts', text: suite }), [], 'a suite is its parts');
  t.match(findCodeViolations({ path: 'src/x.ts', text: `/** x */\n${suite}` }), [/of 74/]);
  t.same(code.flatMap(findCodeViolations), []);
});

t.test(`files have at most ${fileLinesMax} lines`, async (t) => {
  const lines = new Map(code.map((file) => [file.path, countLines(file)]));
  for (const [path, count] of lines) {
    const allowed = longFiles[path] ?? fileLinesMax;
    if (count > allowed) t.fail(`${path} has ${count} lines; ${allowed} are allowed`);
  }
  for (const [path, allowed] of Object.entries(longFiles)) {
    const count = lines.get(path) ?? 0;
    t.ok(allowed <= fileLinesNever, `${path}: no exception goes beyond ${fileLinesNever}`);
    t.ok(count > fileLinesMax, `${path} has ${count} lines: take it off the list`);
  }
  t.ok(lines.size > 0);
});

t.test('the consensus core is pure', async (t) => {
  const core = code.filter((file) => file.path.startsWith('src/raft/core/'));
  t.ok(core.length > 0);
  t.same(core.flatMap(findCoreViolations), []);
});

t.test('tests mirror sources', async (t) => {
  const typesOnly = "import type { A } from './a.js';\nexport interface B extends A { c(): void }";
  const constants = 'export const kind = { empty: 0, command: 1 } as const;';
  const runs = 'export const now = () => Date.now();';
  t.ok(declaresOnly({ path: 'src/x.ts', text: typesOnly }));
  t.ok(declaresOnly({ path: 'src/x.ts', text: constants }));
  t.notOk(declaresOnly({ path: 'src/x.ts', text: runs }));
  const planted = compareTrees([
    { path: 'src/a/b.ts', text: runs },
    { path: 'src/a/types.ts', text: typesOnly },
    { path: 'test/a/c.test.ts', text: '' },
    { path: 'test/system/kill.test.ts', text: '' },
    { path: 'src/a/raft.ts', text: runs },
    { path: 'test/a/raft-reads.test.ts', text: '' },
  ]);
  t.same(planted, { untested: ['src/a/b.ts'], orphaned: ['test/a/c.test.ts'] });

  const { untested, orphaned } = compareTrees(code);
  t.same(orphaned, [], 'tests whose source is gone');
  t.same(
    untested.filter((path) => untestedSources[path] === undefined),
    [],
    'sources without a test of the same name',
  );
  for (const path of Object.keys(untestedSources)) {
    t.ok(untested.includes(path), `${path} has a test now: take it off the list`);
  }
});

t.test('documents: one first-level heading, links that lead somewhere', async (t) => {
  const check = (text: string) =>
    findDocumentViolations({ path: 'docs/x.md', text }, (path) => path === 'README.md');
  t.match(check('# A\n# B')[0], '2 first-level headings');
  t.match(check('text')[0], '0 first-level headings');
  t.match(check('# A\n[x](gone.md)')[0], 'link to gone.md');
  t.match(check('# A\n[x](#b)')[0], 'link to #b');
  t.same(check('# A\n[x](../README.md#y) [y](#a) [z](https://e.org)\n```\n# code\n```\n'), []);

  const documents = markdownFiles();
  t.ok(documents.some((file) => file.path === 'README.md'));
  t.same(
    documents.flatMap((file) => findDocumentViolations(file, exists)),
    [],
  );
});

t.test('every dependency is justified, and only those', async (t) => {
  const { dependencies, devDependencies } = JSON.parse(readSource('package.json').text);
  const installed = [...Object.keys(dependencies), ...Object.keys(devDependencies)].sort();
  const rows = readSource('docs/DEPENDENCIES.md').text.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm);
  const justified = [...rows].map((row) => row[1]).sort();
  t.same(justified, installed);
  const versions = Object.entries({ ...dependencies, ...devDependencies });
  for (const [name, version] of versions) t.match(version, /^\d/, `${name} is pinned`);
});
