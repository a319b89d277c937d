/** TypeScript's parser, as the tidy checks use it. */
import ts from 'typescript';
import type { SourceFile } from './tree.js';

export function parse(file: SourceFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
}

/** `path:line`, to click on. */
export function placeOf(source: ts.SourceFile, node: ts.Node): string {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return `${source.fileName}:${line + 1}`;
}
