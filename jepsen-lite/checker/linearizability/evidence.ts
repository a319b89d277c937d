/** What a search that found no order can show: how far one comes, and why nobody can be next. */

import { showValue } from '../../history/tell.js';
import type { SearchEvidence } from '../verdict.js';
import { type Action, inWords, type Text, textAfter } from './action.js';
import type { Refutation } from './search.js';

export function toEvidence({ longest, stuck }: Refutation): SearchEvidence {
  let text: Text = null;
  const placed = longest.map((action) => {
    text = textAfter(text, action);
    return { operation: action.operation.number, state: showValue(text) };
  });
  const reasons = stuck.map((action) => ({
    operation: action.operation.number,
    reason: reasonAgainst(text, action),
  }));
  return { longest: placed, stuck: reasons };
}

export function explainRefutation({ longest, stuck }: Refutation): string {
  const text = longest.reduce<Text>(textAfter, null);
  const last = longest.at(-1);
  const after = last === undefined ? 'at the very beginning' : `after ${inWords(last)}`;
  const next = stuck.map((action) => `\n    ${inWords(action)}: ${reasonAgainst(text, action)}`);
  return (
    'no order of its operations explains all answers: at best ' +
    `${longest.length} find a place; ${after} none of these can follow:${next.join('')}`
  );
}

function reasonAgainst(text: Text, action: Action): string {
  const { kind, outcome, found, expected } = action;
  const stands = `${showValue(text)} stands there`;
  if (kind === 'read' && found !== text) return `cannot find ${showValue(found)}: ${stands}`;
  if (kind === 'cas' && outcome === undefined && expected !== text) {
    return `cannot have compared with ${showValue(expected)}: ${stands}`;
  }
  const exists = text !== null;
  if (exists === (outcome === 'created' || outcome === 'absent')) {
    if (outcome !== undefined) return `"${outcome}" cannot be: ${stands}`;
  }
  if (outcome === 'precondition-failed') return `its condition holds, or other things: ${stands}`;
  return `fits here, but whatever comes after it does not: ${stands}`;
}
