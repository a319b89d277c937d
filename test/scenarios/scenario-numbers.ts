/**
 * The numbered scenarios this project answers for, and where they are answered.
 *
 * `A1` to `I10` are known bugs of Raft implementations, `sys 1` to `sys 38` known bugs of whole
 * systems. A test claims a number by naming it in its title or, for a golden transcript, in one of
 * its comments; what cannot occur here has a row with the reason in this folder's README.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parse } from '../tidy/syntax.js';
import { codeFiles, root } from '../tidy/tree.js';

const raftScenarios: Readonly<Record<string, number>> = {
  A: 17,
  B: 22,
  C: 19,
  D: 12,
  E: 14,
  F: 10,
  G: 9,
  H: 3,
  I: 10,
};
const systemScenarios = 38;

const transcripts = 'test/raft/core/transcripts';

export function allNumbers(): string[] {
  const raft = Object.entries(raftScenarios).flatMap(([letter, count]) =>
    range(count).map((number) => `${letter}${number}`),
  );
  return [...raft, ...range(systemScenarios).map((number) => `sys ${number}`)];
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Each claimed number with the titles that claim it, as `path: title`. */
export function claimedNumbers(): Map<string, string[]> {
  const claims = new Map<string, string[]>();
  const claim = (place: string, title: string) => {
    for (const number of numbersIn(title)) {
      const titles = claims.get(number) ?? [];
      titles.push(`${place}: ${title}`);
      claims.set(number, titles);
    }
  };
  for (const file of codeFiles()) {
    const tests = file.path.startsWith('test/') && !file.path.startsWith('test/tidy/');
    if (!tests || file.path === 'test/scenarios/scenarios.test.ts') continue;
    for (const title of testTitles(file)) claim(file.path, title);
  }
  for (const name of readdirSync(join(root, transcripts))) {
    const text = readFileSync(join(root, transcripts, name), 'utf8');
    for (const line of text.split('\n')) if (line.startsWith('# ')) claim(name, line.slice(2));
  }
  return claims;
}

/** `E1, E11: ...` names two, `sys 26, 28: ...` names two. `R2`, or `5.4.2` of the paper, none. */
export function numbersIn(title: string): string[] {
  const found = [...title.matchAll(/\b([A-I])(\d{1,2})\b/g)]
    .filter(([, letter = '', number]) => Number(number) <= (raftScenarios[letter] ?? 0))
    .map(([text]) => text);
  for (const [, list = ''] of title.matchAll(/\bsys ((?:\d+)(?:, \d+)*)/g)) {
    for (const number of list.split(', ')) found.push(`sys ${Number(number)}`);
  }
  return found;
}

/** First arguments of `test(...)` and `something.test(...)`, template texts included. */
function testTitles(file: Parameters<typeof parse>[0]): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && calledName(node) === 'test') {
      const [title] = node.arguments;
      if (title !== undefined) titles.push(textOf(title));
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(file));
  return titles;
}

function calledName({ expression }: ts.CallExpression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
}

function textOf(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText() : '';
}
