/** The steps of a transaction as people say them; a text for what was asked, one for the reads. */
import type { Value } from '../history/event.js';
import { showValue } from '../history/tell.js';

const stepsShownMax = 12;

export function askedText(value: Value | undefined): string {
  return told(value, ([kind, key, given]) => {
    if (kind === 'r') return `read ${showValue(key)}`;
    const what = showValue(given);
    return kind === 'append'
      ? `append ${what} to ${showValue(key)}`
      : `set ${showValue(key)} to ${what}`;
  });
}

/** What the reads found. */
export function answeredText(value: Value | undefined): string {
  return told(value, ([kind, key, found]) =>
    kind === 'r' ? `${showValue(key)} is ${showValue(found)}` : '',
  );
}

function told(value: Value | undefined, tell: (step: readonly Value[]) => string): string {
  if (!Array.isArray(value)) return showValue(value);
  const all = value as readonly Value[];
  const words = all.map((step) => (Array.isArray(step) ? tell(step) : showValue(step)));
  const said = words.filter((word) => word !== '');
  const more = said.length > stepsShownMax ? ', …' : '';
  return said.slice(0, stepsShownMax).join(', ') + more;
}
