/**
 * What the consensus core must not contain and biome has no rule for: `await`, `Math.random`, and
 * imports from outside its folder. biome denies the globals, dependency-cruiser checks imports
 * once more with what they resolve to.
 */
import ts from 'typescript';
import { parse, placeOf } from './syntax.js';
import type { SourceFile } from './tree.js';

export function findCoreViolations(file: SourceFile): string[] {
  const source = parse(file);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const what = violationOf(node);
    if (what !== undefined) found.push(`${placeOf(source, node)}: ${what} in the consensus core`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function violationOf(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node)) return 'await';
  if (ts.isForOfStatement(node) && node.awaitModifier) return 'await';
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'Promise') return 'Promise';
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return 'import()';
  }
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
    const from = (node.moduleSpecifier as ts.StringLiteral).text;
    return from.startsWith('./') ? undefined : `import of ${from}`;
  }
  return usesMathRandom(node) ? 'Math.random' : undefined;
}

/** `Math` may be used only as `Math.something`, so that `random` cannot be reached by a detour. */
function usesMathRandom(node: ts.Node): boolean {
  if (!ts.isIdentifier(node) || node.text !== 'Math') return false;
  const { parent } = node;
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== node) return true;
  return parent.name.text === 'random';
}
