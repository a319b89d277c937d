/**
 * Conditional requests (RFC 9110, section 13). A key's entity tag is its revision as a strong tag,
 * `"42"`. Writes take one strong tag or `*`, since a write may depend on one state only; reads
 * take lists, compared strongly for If-Match and weakly for If-None-Match.
 */
import type { Condition, Revision } from '../kv/store/types.js';
import { Problem } from './problems.js';

export function entityTag(revision: Revision): string {
  return `"${revision}"`;
}

const unconditional: Condition = {};

/** What a write depends on; decided at apply, never here. */
export function parseWriteCondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): Condition | Problem {
  if (ifMatch === undefined && ifNoneMatch === undefined) return unconditional;
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    return invalidHeader('If-None-Match', ifNoneMatch, ['*']);
  }
  const create = ifNoneMatch === undefined ? unconditional : ({ ifNoneMatch: '*' } as const);
  if (ifMatch === undefined) return create;
  if (ifMatch === '*') return { ...create, ifMatch: '*' };
  const match = /^"([1-9]\d{0,15})"$/.exec(ifMatch);
  const revision = Number(match?.[1]);
  if (match === null || !Number.isSafeInteger(revision)) {
    return invalidHeader('If-Match', ifMatch, [
      '*',
      'one strong entity tag of this server, like "42"',
    ]);
  }
  return { ...create, ifMatch: revision };
}

/** A parsed list of entity tags; `any` is `*`. */
export interface TagList {
  readonly any: boolean;
  readonly strong: readonly string[];
  readonly weak: readonly string[];
}

export interface ReadCondition {
  readonly ifMatch: TagList | undefined;
  readonly ifNoneMatch: TagList | undefined;
}

export function parseReadCondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
): ReadCondition | Problem | undefined {
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const wanted = ifMatch === undefined ? undefined : parseTagList(ifMatch);
  if (ifMatch !== undefined && (wanted === undefined || wanted.weak.length > 0)) {
    return invalidHeader('If-Match', ifMatch, ['*', 'strong entity tags, like "42" or "42", "43"']);
  }
  const known = ifNoneMatch === undefined ? undefined : parseTagList(ifNoneMatch);
  if (ifNoneMatch !== undefined && known === undefined) {
    return invalidHeader('If-None-Match', ifNoneMatch, [
      '*',
      'entity tags, like "42" or W/"42", "43"',
    ]);
  }
  return { ifMatch: wanted, ifNoneMatch: known };
}

/** For a key that exists: 412, 304, or the value. If-Match goes first (section 13.2.2). */
export function judgeRead(
  condition: ReadCondition,
  revision: Revision,
): 'precondition-failed' | 'not-modified' | 'send' {
  const own = String(revision);
  const { ifMatch, ifNoneMatch } = condition;
  if (ifMatch !== undefined && !ifMatch.any && !ifMatch.strong.includes(own)) {
    return 'precondition-failed';
  }
  if (ifNoneMatch === undefined) return 'send';
  const { any, strong, weak } = ifNoneMatch;
  return any || strong.includes(own) || weak.includes(own) ? 'not-modified' : 'send';
}

/** Undefined when malformed. Empty list elements are skipped, as section 5.6.1 asks for. */
function parseTagList(text: string): TagList | undefined {
  if (text === '*') return { any: true, strong: [], weak: [] };
  const strong: string[] = [];
  const weak: string[] = [];
  // No two runs of spaces side by side: the time stays linear in a header full of them.
  const element = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(,|$)/y;
  while (element.lastIndex < text.length) {
    const match = element.exec(text);
    if (match === null) return undefined;
    const tag = match[2];
    if (tag !== undefined) (match[1] === undefined ? strong : weak).push(tag);
  }
  return strong.length + weak.length === 0 ? undefined : { any: false, strong, weak };
}

/** A header whose value means nothing here, with what would. */
export function invalidHeader(header: string, value: string, allowed: readonly string[]): Problem {
  return new Problem('invalid_header', {
    detail: `${header} is ${printable(value)}; allowed here: ${allowed.join(', or ')}.`,
    header,
    allowed,
  });
}

function printable(value: string): string {
  return value === '' ? 'empty' : value.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
}
