/**
 * The cheapest rule: what was found must have been left there by somebody, who had begun by then
 * and was not refused.
 */

import { type Action, inWords, isPure, namedText, textAfter } from './action.js';

export interface Finding {
  readonly explanation: string;
  readonly culprits: readonly number[];
}

/** `actions` of one key, refused ones and stale reads too. */
export function impossibleValue(actions: readonly Action[]): Finding | undefined {
  const writers = new Writers(actions);
  for (const action of actions) {
    const text = action.certain ? namedText(action) : undefined;
    if (typeof text !== 'string') continue;
    const finding = judge(action, writers.of(text));
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function judge(reader: Action, writers: readonly Action[]): Finding | undefined {
  const is = (action: Action) => action.operation.status !== 'fail' && !isPure(action);
  const began = (action: Action) => action.begin < reader.end;
  if (writers.some((writer) => is(writer) && began(writer))) return undefined;
  const said = inWords(reader);
  const [late] = writers.filter(is);
  const [refused] = writers;
  const writer = late ?? refused;
  const why =
    writer === undefined
      ? ', which nobody ever wrote'
      : `, ${late === undefined ? 'although' : 'before'} ${inWords(writer)}`;
  const numbers = [reader, writer].flatMap((action) => action?.operation.number ?? []);
  return { explanation: said + why, culprits: numbers };
}

class Writers {
  readonly #byText = new Map<string, Action[]>();
  readonly #appends: readonly Action[];

  constructor(actions: readonly Action[]) {
    this.#appends = actions.filter(({ kind }) => kind === 'append');
    for (const action of actions) {
      if (action.kind !== 'write' && action.kind !== 'cas') continue;
      // What it would have written, had it not been refused.
      const text = textAfter(null, { ...action, outcome: undefined });
      if (text === null) continue;
      const others = this.#byText.get(text);
      if (others === undefined) this.#byText.set(text, [action]);
      else others.push(action);
    }
  }

  /** Whoever may have been the last to change the cell when the text stood there. */
  of(text: string): Action[] {
    const appends = this.#appends.filter((append) => text.endsWith(append.text ?? ''));
    return [...(this.#byText.get(text) ?? []), ...appends];
  }
}
