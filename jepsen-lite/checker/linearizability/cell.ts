/**
 * What one key may answer when actions come one after the other. A state is a small number: the
 * text that stands there, its revision as far as anybody knows it, and the highest one so far.
 * Texts that no answer can tell from each other are one text, "unseen": it makes searches of unique
 * values small.
 *
 * A condition on a revision that nobody knows may hold or not; neither is held against anybody.
 */
import type { RevisionCondition } from '../../history/event.js';
import { type Action, isPure, namedText, observedText, type Text, writtenText } from './action.js';

export const initialState = 0;
export const impossible = -1;

const nothing = 0;
const unseen = 1;

/** In place of the number of a revision. */
const noTag = -1;
const anyTag = 0;

export class Cell {
  readonly actions: readonly Action[];
  /** Per action: it changes nothing. */
  readonly pure: Uint8Array;
  /** Whether answers tell more than texts: an unseen text can then make a difference. */
  readonly notices: boolean;
  readonly hasAppends: boolean;
  readonly #textNumbers = new Map<string, number>();
  readonly #texts: string[] = ['', ''];
  /** Sorted. Other texts are unseen, unless they are the beginning of one and there are appends. */
  readonly #observed: readonly string[];
  readonly #observedSet: ReadonlySet<string>;
  readonly #stateNumbers = new Map<string, number>();
  readonly #stateTexts: number[] = [];
  readonly #stateRevisions: number[] = [];
  readonly #stateHighest: number[] = [];
  /** Per action: state after a write; number of the text that is expected or found. */
  readonly #targets: Int32Array;
  readonly #expected: Int32Array;
  readonly #ifMatch: Float64Array;
  readonly #ifNoneMatch: Float64Array;
  readonly #appended: Map<number, number>[] = [];

  constructor(actions: readonly Action[]) {
    this.actions = actions;
    this.hasAppends = actions.some(({ kind }) => kind === 'append');
    this.notices = actions.some(tellsMore);
    this.#observedSet = new Set(actions.flatMap(comparedTexts));
    this.#observed = [...this.#observedSet].sort();
    this.pure = Uint8Array.from(actions, (action) => Number(isPure(action)));
    this.#state(nothing, 0, 0);
    this.#targets = Int32Array.from(actions, (action) => this.#target(action));
    this.#expected = Int32Array.from(actions, (action) =>
      this.#textNumber(action.kind === 'read' ? action.found : action.expected),
    );
    this.#ifMatch = Float64Array.from(actions, ({ condition }) => tag(condition.ifMatch));
    this.#ifNoneMatch = Float64Array.from(actions, ({ condition }) => tag(condition.ifNoneMatch));
  }

  /** The state after the action, or `impossible` when it cannot have been answered so here. */
  step(state: number, at: number): number {
    const action = this.actions[at];
    if (action === undefined) return impossible;
    const exists = this.#stateTexts[state] !== nothing;
    switch (action.outcome) {
      case 'precondition-failed':
        return this.#holds(state, at) !== true && this.#isRevision(state, action.told)
          ? state
          : impossible;
      case 'absent':
        return exists ? impossible : state;
      case 'created':
        if (exists) return impossible;
        break;
      case 'replaced':
      case 'deleted':
        if (!exists) return impossible;
    }
    if (action.kind === 'read') return this.#finds(state, at, action) ? state : impossible;
    if (this.#holds(state, at) === false || this.#falls(state, action)) return impossible;
    return action.kind === 'append' ? this.#append(state, at, action) : this.#written(state, at);
  }

  /** Whether a text stands there that no answer can tell from others. */
  isUnseen(state: number): boolean {
    return this.#stateTexts[state] === unseen;
  }

  /** Its text, by number: the same for all states that differ in their revision only. */
  textOf(state: number): number {
    return this.#stateTexts[state] ?? nothing;
  }

  /** The number of the text that an action with an answer found, or -1. */
  foundText(at: number): number {
    const action = this.actions[at];
    const text = action?.certain === true ? namedText(action) : undefined;
    return typeof text === 'string' ? this.#textNumber(text) : -1;
  }

  /** The number of the text that an action leaves, or -1 when it depends or makes no difference. */
  writtenText(at: number): number {
    const action = this.actions[at];
    const text = action === undefined ? undefined : writtenText(action);
    const number = typeof text === 'string' ? this.#textNumber(text) : unseen;
    return number === unseen ? -1 : number;
  }

  get texts(): number {
    return this.#texts.length;
  }

  /** Whether appends alone may lead from here to where the read was answered. */
  leadsTo(state: number, at: number): boolean {
    const text = this.#stateTexts[state] ?? nothing;
    if (text === nothing) return true;
    const found = this.actions[at]?.found;
    if (text === unseen || found === null || found === undefined) return false;
    return found.startsWith(this.#texts[text] ?? '');
  }

  #finds(state: number, at: number, action: Action): boolean {
    const text = this.#stateTexts[state];
    const same =
      text === this.#expected[at] ||
      (text === nothing && action.emptyIsNothing && action.found === '');
    return same && this.#isRevision(state, action.told);
  }

  #isRevision(state: number, told: number | undefined): boolean {
    if (told === undefined) return true;
    if (this.#stateTexts[state] === nothing) return told === 0;
    const revision = this.#stateRevisions[state] ?? 0;
    return told !== 0 && (revision === 0 || revision === told);
  }

  /** A key's revisions rise. */
  #falls(state: number, { left }: Action): boolean {
    return left !== 0 && left <= (this.#stateHighest[state] ?? 0);
  }

  /** Undefined: nobody can say. */
  #holds(state: number, at: number): boolean | undefined {
    const compares = this.actions[at]?.kind === 'cas';
    if (compares && this.#stateTexts[state] !== this.#expected[at]) return false;
    const ifMatch = this.#ifMatch[at] ?? noTag;
    const matched = ifMatch === noTag ? true : this.#matches(ifMatch, state);
    if (matched === false) return false;
    const ifNoneMatch = this.#ifNoneMatch[at] ?? noTag;
    const excluded = ifNoneMatch === noTag ? false : this.#matches(ifNoneMatch, state);
    if (excluded === true) return false;
    return matched === undefined || excluded === undefined ? undefined : true;
  }

  #matches(wanted: number, state: number): boolean | undefined {
    if (this.#stateTexts[state] === nothing) return false;
    if (wanted === anyTag) return true;
    const revision = this.#stateRevisions[state] ?? 0;
    return revision === 0 ? undefined : revision === wanted;
  }

  #append(state: number, at: number, { text, left }: Action): number {
    const known = this.#appended[state] ?? new Map<number, number>();
    this.#appended[state] = known;
    let after = known.get(at);
    if (after === undefined) {
      const before = this.#stateTexts[state] ?? nothing;
      const whole = (this.#texts[before] ?? '') + (text ?? '');
      const number = before === unseen ? unseen : this.#textNumber(whole);
      after = this.#state(number, left, left || (this.#stateHighest[state] ?? 0));
      known.set(at, after);
    }
    return after;
  }

  #target(action: Action): number {
    const { kind, text, left } = action;
    if (isPure(action) || kind === 'append') return initialState;
    const number = kind === 'delete' ? nothing : this.#textNumber(text);
    return this.#state(number, number === nothing ? 0 : left, left);
  }

  /** What has no revision of its own leaves the highest one as it is. */
  #written(state: number, at: number): number {
    const target = this.#targets[at] ?? initialState;
    const highest = this.#stateHighest[state] ?? 0;
    if (this.actions[at]?.left !== 0 || highest === 0) return target;
    return this.#state(this.#stateTexts[target] ?? nothing, 0, highest);
  }

  #state(text: number, revision: number, highest: number): number {
    const name = `${text} ${revision} ${highest}`;
    let state = this.#stateNumbers.get(name);
    if (state === undefined) {
      state = this.#stateTexts.length;
      this.#stateNumbers.set(name, state);
      this.#stateTexts.push(text);
      this.#stateRevisions.push(revision);
      this.#stateHighest.push(highest);
    }
    return state;
  }

  #textNumber(text: Text): number {
    if (text === null) return nothing;
    let number = this.#textNumbers.get(text);
    if (number === undefined) {
      if (!this.#isObserved(text)) return unseen;
      number = this.#texts.length;
      this.#textNumbers.set(text, number);
      this.#texts.push(text);
    }
    return number;
  }

  #isObserved(text: string): boolean {
    if (!this.hasAppends) return this.#observedSet.has(text);
    let low = 0;
    let high = this.#observed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#observed[middle] ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return this.#observed[low]?.startsWith(text) === true;
  }
}

/** Texts that it makes a difference to have there. */
function comparedTexts(action: Action): string[] {
  const texts = [observedText(action), action.kind === 'cas' ? action.expected : null];
  return texts.filter((text) => typeof text === 'string');
}

/** Its answer may depend on more than which text stands there. */
function tellsMore({ outcome, condition, kind }: Action): boolean {
  if (kind === 'read') return false;
  return (
    outcome !== undefined || condition.ifMatch !== undefined || condition.ifNoneMatch !== undefined
  );
}

function tag(wanted: RevisionCondition['ifMatch']): number {
  if (wanted === undefined) return noTag;
  return wanted === '*' ? anyTag : wanted;
}
