/**
 * Appends without appends. A text that was found tells how it came about, if there is only one way
 * to put it together from what was written, each text by one operation: "ab" from a put of "a" and
 * an append of "b". Then the append is a compare-and-set of "a" by "ab", for it did that and can
 * have done nothing else, and an append that nobody found is a write that nobody found. That leaves
 * a cell without appends, which is much easier to judge.
 */

import { showValue } from '../../history/tell.js';
import { type Action, inWords, isPure } from './action.js';
import type { Finding } from './impossible-values.js';

export type WithoutAppends =
  | { readonly actions: readonly Action[] }
  | { readonly finding: Finding }
  /** Texts can be read in several ways. */
  | undefined;

/** `actions` of one key, without refused ones. */
export function withoutAppends(actions: readonly Action[]): WithoutAppends {
  const parts = partsOf(actions);
  if (parts === undefined) return undefined;
  const parser = new Parser(parts);
  /** Per append: what it was appended to, and who found that. */
  const found = new Map<Action, { readonly before: string; readonly reader: Action }>();
  const parsed = new Set<string>();
  for (const reader of actions) {
    const text = reader.kind === 'read' && reader.certain ? reader.found : null;
    if (text === null || text === '' || parsed.has(text)) continue;
    parsed.add(text);
    const ways = parser.parse(text);
    if (ways === 'several') return undefined;
    if (ways === 'none') return { finding: unexplained(reader) };
    let before = '';
    for (const part of ways) {
      const other = found.get(part);
      if (part.kind === 'append') {
        if (other === undefined) found.set(part, { before, reader });
        else if (other.before !== before) return { finding: twice(part, other.reader, reader) };
      }
      before += part.text;
    }
  }
  return { actions: actions.map((action) => replaced(action, found.get(action)?.before)) };
}

function replaced(action: Action, before: string | undefined): Action {
  const { kind, text, found } = action;
  if (kind === 'read') return found === '' ? { ...action, found: null } : action;
  if (kind !== 'append') return action;
  if (isPure(action)) return { ...action, kind: 'write' };
  // Nobody found it; the number keeps it apart from every text that somebody did.
  const name = `... ${text} (of #${action.operation.number})`;
  if (before === undefined) return { ...action, kind: 'write', text: name };
  return { ...action, kind: 'cas', expected: before === '' ? null : before, text: before + text };
}

/** By their texts; undefined when two write the same, or nothing at all. */
function partsOf(actions: readonly Action[]): Map<string, Action> | undefined {
  const parts = new Map<string, Action>();
  for (const action of actions) {
    if ((action.kind !== 'write' && action.kind !== 'append') || isPure(action)) continue;
    const { text } = action;
    if (text === null || text === '' || parts.has(text)) return undefined;
    parts.set(text, action);
  }
  return parts;
}

class Parser {
  readonly #parts: ReadonlyMap<string, Action>;
  readonly #lengths: readonly number[];

  constructor(parts: ReadonlyMap<string, Action>) {
    this.#parts = parts;
    this.#lengths = [...new Set([...parts.keys()].map((text) => text.length))];
  }

  /** The first part may be a write, all others are appends. */
  parse(text: string): readonly Action[] | 'none' | 'several' {
    /** Per position from which the rest can be put together: the next part, or several. */
    const next = new Map<number, Action | 'several'>();
    const isEnd = (at: number) => at === text.length || next.has(at);
    for (let at = text.length - 1; at >= 0; at -= 1) {
      for (const length of this.#lengths) {
        if (at + length > text.length || !isEnd(at + length)) continue;
        const part = this.#parts.get(text.slice(at, at + length));
        if (part === undefined || (part.kind === 'write' && at > 0)) continue;
        next.set(at, next.has(at) ? 'several' : part);
      }
    }
    const ways = new Set<Action>();
    for (let at = 0; at < text.length; ) {
      const part = next.get(at);
      if (part === undefined) return 'none';
      if (part === 'several') return 'several';
      // Each takes effect once.
      if (ways.has(part)) return 'none';
      ways.add(part);
      at += part.text?.length ?? 0;
    }
    return [...ways];
  }
}

function unexplained(reader: Action): Finding {
  const { number } = reader.operation;
  const explanation = `${inWords(reader)}, which cannot be put together from what was written`;
  return { explanation, culprits: [number] };
}

function twice(append: Action, first: Action, second: Action): Finding {
  const explanation =
    `${inWords(append)} took effect once, but ${inWords(first)} and ${inWords(second)} ` +
    `found it behind different texts: "${showValue(first.found)}" and "${showValue(second.found)}"`;
  const numbers = [append, first, second].map(({ operation }) => operation.number);
  return { explanation, culprits: numbers };
}
