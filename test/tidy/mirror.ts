/**
 * Tests mirror sources: `src/a/b.ts` has `test/a/b.test.ts`, or several tests named after it
 * (`b-reads.test.ts`), and no test there is without its source. A file that declares only types
 * and constant data has nothing to run and needs no test of its own.
 */
import ts from 'typescript';
import { parse } from './syntax.js';
import type { SourceFile } from './tree.js';

/** Tests of the whole, of several files at once, or of the tests' own machinery. */
const testFoldersApart = /^test\/(contracts|jepsen-lite|scenarios|simulation|system|runner|tidy)\//;
const testsApart = new Set(['test/tidy.test.ts', 'test/layers.test.ts', 'test/launcher.test.ts']);

export interface Mirror {
  /** Sources without a test that need one. */
  readonly untested: readonly string[];
  /** Tests in mirrored folders whose source is gone. */
  readonly orphaned: readonly string[];
}

export function compareTrees(files: readonly SourceFile[]): Mirror {
  const paths = new Set(files.map((file) => file.path));
  const tested = new Set([...paths].map((path) => sourceOf(path, paths)));
  const untested = files
    .filter((file) => file.path.startsWith('src/') && !declaresOnly(file))
    .map((file) => file.path)
    .filter((path) => !tested.has(path));
  const orphaned = [...paths].filter(
    (path) =>
      path.startsWith('test/') &&
      path.endsWith('.test.ts') &&
      !testFoldersApart.test(path) &&
      !testsApart.has(path) &&
      sourceOf(path, paths) === undefined,
  );
  return { untested, orphaned };
}

/** `raft-reads.test.ts` tests `raft.ts` as `raft.test.ts` does: the longest name there is wins. */
function sourceOf(test: string, paths: ReadonlySet<string>): string | undefined {
  if (!test.startsWith('test/') || !test.endsWith('.test.ts')) return undefined;
  let name = test.replace(/^test\//, 'src/').replace(/\.test\.ts$/, '');
  for (;;) {
    if (paths.has(`${name}.ts`)) return `${name}.ts`;
    const shorter = name.replace(/-[^-/]*$/, '');
    if (shorter === name) return undefined;
    name = shorter;
  }
}

/** True when nothing in the file can go wrong at run time: no function, class, call or `new`. */
export function declaresOnly(file: SourceFile): boolean {
  let runs = false;
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    const isCode =
      ts.isFunctionLike(node) ||
      ts.isClassLike(node) ||
      ts.isCallExpression(node) ||
      ts.isNewExpression(node) ||
      (ts.isImportDeclaration(node) && node.importClause === undefined);
    if (isCode) runs = true;
    else ts.forEachChild(node, visit);
  };
  visit(parse(file));
  return !runs;
}
