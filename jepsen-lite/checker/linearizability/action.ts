/**
 * What an operation does to its key and what its answer tells, whatever the operation is called. A
 * register and a key-value pair are the same thing here: one cell that holds a text or nothing.
 */
import type { RevisionCondition } from '../../history/event.js';
import type { Operation } from '../../history/operation.js';
import { tell } from '../../history/tell.js';

/** `null`: nothing is there. */
export type Text = string | null;

export type ActionKind = 'read' | 'write' | 'append' | 'delete' | 'cas';

export interface Action {
  readonly operation: Operation;
  readonly kind: ActionKind;
  /** What is written, appended, or set by a compare-and-set. */
  readonly text: Text;
  /** What a compare-and-set compares with. */
  readonly expected: Text;
  /** What a read found. */
  readonly found: Text;
  /** An empty text may also mean that nothing is there. */
  readonly emptyIsNothing: boolean;
  readonly condition: RevisionCondition;
  readonly outcome: Operation['facts']['outcome'];
  /** Of the cell, as the answer tells it: of what stands there; 0: nothing does. */
  readonly told: number | undefined;
  /** Of the cell, after this changed it; 0: nobody knows. */
  readonly left: number;
  /** Whether it took effect is known. */
  readonly certain: boolean;
  readonly begin: number;
  readonly end: number;
}

/** Changes nothing, wherever it takes effect. */
export function isPure({ kind, outcome }: Action): boolean {
  return kind === 'read' || outcome === 'precondition-failed' || outcome === 'absent';
}

/** What it found there, when the answer says so. */
export function observedText(action: Action): Text | undefined {
  const { kind, outcome } = action;
  if (kind === 'read') return action.found;
  if (outcome === 'absent' || outcome === 'created') return null;
  return kind === 'cas' && outcome !== 'precondition-failed' ? action.expected : undefined;
}

/** The same, when it can be no other: an empty text found may also mean that nothing is there. */
export function namedText(action: Action): Text | undefined {
  const text = observedText(action);
  return text === '' && action.emptyIsNothing ? undefined : text;
}

/** What it leaves there; undefined when that depends on what was there, or nothing is changed. */
export function writtenText(action: Action): Text | undefined {
  if (isPure(action) || action.kind === 'append') return undefined;
  return action.kind === 'delete' ? null : action.text;
}

/** The text of the cell after the action, given that it takes effect. */
export function textAfter(before: Text, action: Action): Text {
  if (isPure(action)) return before;
  if (action.kind === 'append') return (before ?? '') + (action.text ?? '');
  return action.kind === 'delete' ? null : action.text;
}

export function inWords({ operation }: Action): string {
  return tell(operation);
}
