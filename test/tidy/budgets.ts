/**
 * The size and hygiene of code files: lines per file, columns per line, lines per function, no
 * leftovers, no barrels.
 */
import ts from 'typescript';
import { parse, placeOf } from './syntax.js';
import type { SourceFile } from './tree.js';

export const fileLinesMax = 400;
/** No exception goes beyond this. */
export const fileLinesNever = 700;
export const columnsMax = 100;
export const functionLinesMax = 70;

export function countLines(file: SourceFile): number {
  return file.text.split('\n').length - (file.text.endsWith('\n') ? 1 : 0);
}

/** Every finding as `path:line: what`, or `path: what`. */
export function findCodeViolations(file: SourceFile): string[] {
  return [
    ...findLineViolations(file),
    ...findLongFunctions(file),
    ...findBarrel(file),
    ...findMissingHeader(file),
  ];
}

// Put together so that this file does not report itself.
const leftovers = new RegExp(`\\b(${['TO', 'FIX'].join('DO|')}ME|X${'XX'}|HA${'CK'})\\b`);
const loneTest = /\b(?:t|tap)\.only\(|\bonly:\s*true\b/;

function findLineViolations(file: SourceFile): string[] {
  const found: string[] = [];
  for (const [i, line] of file.text.split('\n').entries()) {
    const place = `${file.path}:${i + 1}`;
    if ([...line].length > columnsMax) found.push(`${place}: more than ${columnsMax} columns`);
    if (leftovers.test(line)) found.push(`${place}: a leftover mark`);
    if (file.path.startsWith('test/') && loneTest.test(line)) {
      found.push(`${place}: runs alone and hides the other tests`);
    }
  }
  return found;
}

/** In tests, what stands in functions inside a function is judged there: a suite is its parts. */
function findLongFunctions(file: SourceFile): string[] {
  const source = parse(file);
  const isTest = file.path.startsWith('test/');
  const found: string[] = [];
  /** Returns the lines of the functions in the node, outermost ones only. */
  const visit = (node: ts.Node): number => {
    let inside = 0;
    ts.forEachChild(node, (child) => {
      inside += visit(child);
    });
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return inside;
    const lines = countNodeLines(source, node);
    const own = isTest ? lines - inside : lines;
    if (own > functionLinesMax) {
      found.push(`${placeOf(source, node)}: a function of ${own} lines`);
    }
    return lines;
  };
  visit(source);
  return found;
}

function countNodeLines(source: ts.SourceFile, node: ts.Node): number {
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  return lineOf(node.getEnd()) - lineOf(node.getStart(source)) + 1;
}

/** A file that only passes on what other files export makes import cycles and hides knowledge. */
function findBarrel(file: SourceFile): string[] {
  const { statements } = parse(file);
  const onlyPassesOn =
    statements.length > 0 &&
    statements.every(
      (statement) =>
        ts.isImportDeclaration(statement) ||
        (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined),
    ) &&
    statements.some(ts.isExportDeclaration);
  const exportsAll = statements.some(
    (statement) => ts.isExportDeclaration(statement) && statement.exportClause === undefined,
  );
  return onlyPassesOn || exportsAll ? [`${file.path}: a barrel`] : [];
}

/** The first lines of a source file say what it is and why it exists. */
function findMissingHeader(file: SourceFile): string[] {
  if (!file.path.startsWith('src/')) return [];
  return file.text.replace(/^#!.*\n/, '').startsWith('/**')
    ? []
    : [`${file.path}: no header comment`];
}
