/**
 * Texts that were written once need no search (Gibbons and Korach 1997). Whoever found one stands
 * between its write and the next, so a write and its readers are a *block* that nothing interrupts;
 * a compare-and-set ties the block of what it found to its own. What is left is an order of blocks.
 * Block A must come before B when somebody in A was over before somebody in B began, that is when
 *
 *   earliest end of A < latest begin of B
 *
 * An order exists if no two blocks must each come before the other: in a longer circle the block of
 * the earliest end comes before all the others, its own predecessor too.
 *
 * Actions that other rules are needed for are left out together with all that found their texts.
 * That can hide a violation and cannot invent one, so only a proof of validity is lost by it.
 */

import { showValue } from '../../history/tell.js';
import {
  type Action,
  inWords,
  isPure,
  namedText,
  observedText,
  type Text,
  writtenText,
} from './action.js';
import type { Finding } from './impossible-values.js';

export type UniqueValues =
  | { readonly validity: 'valid' | 'undecided' }
  | { readonly validity: 'invalid'; readonly finding: Finding };

/** `actions` of one key, after what is unknown was resolved and left out where possible. */
export function judgeUniqueValues(actions: readonly Action[]): UniqueValues {
  if (actions.some(({ kind }) => kind === 'append')) return { validity: 'undecided' };
  const clusters = new Clusters(actions);
  const blocks = clusters.blocks();
  if (blocks instanceof Contradiction) return { validity: 'invalid', finding: blocks };
  const finding = contradictionAmong(blocks);
  if (finding !== undefined) return { validity: 'invalid', finding };
  return { validity: clusters.isWhole ? 'valid' : 'undecided' };
}

/** The write of a text and those who found it; the text that is there at the beginning has none. */
interface Cluster {
  readonly text: Text;
  readonly write: Action | undefined;
  readonly readers: Action[];
  /** The compare-and-set that found this text and wrote the next. */
  next: Action | undefined;
  /** Whether `write` found the text of another cluster. */
  isTied: boolean;
}

class Contradiction implements Finding {
  readonly explanation: string;
  readonly culprits: readonly number[];

  constructor(explanation: string, actions: readonly Action[]) {
    this.explanation = explanation;
    this.culprits = [...new Set(actions.map(({ operation }) => operation.number))];
  }
}

class Clusters {
  /** Whether no action was left out or taken for less than it tells. */
  isWhole = true;
  readonly #clusters = new Map<Text, Cluster>();
  #contradiction: Contradiction | undefined;

  constructor(actions: readonly Action[]) {
    const writes = new Map<Text, Action | undefined>([[null, undefined]]);
    const repeated = new Set<Text>();
    for (const action of actions) {
      if (action.told !== undefined || action.left !== 0 || tellsMore(action)) this.isWhole = false;
      const text = writtenText(action);
      if (text === undefined) continue;
      if (writes.has(text)) repeated.add(text);
      else writes.set(text, action);
    }
    for (const [text, write] of writes) {
      if (repeated.has(text)) this.isWhole = false;
      // Without an answer and not found by anybody who had one: it need not have happened.
      else if (write?.certain !== false) this.#clusters.set(text, cluster(text, write));
      else this.isWhole = false;
    }
    for (const action of actions) this.#observe(action);
  }

  #observe(action: Action): void {
    if (!action.certain || observedText(action) === undefined) return;
    const text = namedText(action);
    const found = text === undefined ? undefined : this.#clusters.get(text);
    if (found === undefined) {
      this.isWhole = false;
      return;
    }
    const written = writtenText(action);
    const own = written === undefined ? undefined : this.#clusters.get(written);
    // A compare-and-set whose own text is out of the question has still found the other.
    if (own?.write !== action) {
      found.readers.push(action);
      return;
    }
    if (found.next !== undefined) {
      this.#contradiction ??= new Contradiction(
        `${inWords(action)} and ${inWords(found.next)} ` +
          `found the same ${showValue(text)}, written once`,
        [action, found.next],
      );
      return;
    }
    found.next = action;
    own.isTied = true;
  }

  /** Clusters that follow each other without a gap, in order. */
  blocks(): Block[] | Contradiction {
    if (this.#contradiction !== undefined) return this.#contradiction;
    const blocks: Block[] = [];
    let reached = 0;
    for (const first of this.#clusters.values()) {
      if (first.isTied) continue;
      const block = new Block(first.text === null);
      for (let at: Cluster | undefined = first; at !== undefined; reached += 1) {
        const contradiction = block.add(at);
        if (contradiction !== undefined) return contradiction;
        at = at.next === undefined ? undefined : this.#clusters.get(at.next.text);
      }
      if (block.earliestEnd !== undefined) blocks.push(block);
    }
    if (reached === this.#clusters.size) return blocks;
    const circle = [...this.#clusters.values()].filter(({ isTied }) => isTied);
    const writes = circle.flatMap(({ write }) => write ?? []);
    return new Contradiction('each found what another one wrote, in a circle', writes);
  }
}

class Block {
  earliestEnd: Action | undefined;
  latestBegin: Action | undefined;
  /** The text that is there at the beginning: nothing can come before it. */
  readonly isInitial: boolean;

  constructor(isInitial: boolean) {
    this.isInitial = isInitial;
  }

  /** All of the cluster comes after what the block has, and its readers after its write. */
  add({ write, readers }: Cluster): Contradiction | undefined {
    for (const stage of [write === undefined ? [] : [write], readers]) {
      const latest = this.latestBegin;
      for (const action of stage) {
        if (latest !== undefined && action.end < latest.begin) {
          return new Contradiction(
            `${inWords(action)} was over before ${inWords(latest)} began, ` +
              'which by the values comes first',
            [action, latest],
          );
        }
      }
      for (const action of stage) {
        if (action.begin > (this.latestBegin?.begin ?? -1)) this.latestBegin = action;
        if (action.end < (this.earliestEnd?.end ?? Number.POSITIVE_INFINITY)) {
          this.earliestEnd = action;
        }
      }
    }
    return undefined;
  }

  get end(): number {
    return this.isInitial ? Number.NEGATIVE_INFINITY : (this.earliestEnd?.end ?? 0);
  }

  get begin(): number {
    return this.latestBegin?.begin ?? 0;
  }
}

/** Two blocks of which each must come before the other. */
function contradictionAmong(blocks: readonly Block[]): Finding | undefined {
  const byEnd = [...blocks].sort((a, b) => a.end - b.end);
  // Of those with the earliest ends: the two that begin last, for nobody contradicts itself.
  let last: Block | undefined;
  let other: Block | undefined;
  let taken = 0;
  for (const block of [...blocks].sort((a, b) => a.begin - b.begin)) {
    for (; taken < byEnd.length; taken += 1) {
      const candidate = byEnd[taken];
      if (candidate === undefined || candidate.end >= block.begin) break;
      if (last === undefined || candidate.begin > last.begin) {
        other = last;
        last = candidate;
      } else if (other === undefined || candidate.begin > other.begin) other = candidate;
    }
    const rival = last === block ? other : last;
    if (rival !== undefined && rival.begin > block.end) return explain(rival, block);
  }
  return undefined;
}

function explain(a: Block, b: Block): Finding {
  const [first, second] = a.isInitial ? [b, a] : [a, b];
  const ended = first.earliestEnd;
  const began = second.latestBegin;
  if (ended === undefined || began === undefined) throw new Error('a block without actions');
  if (second.isInitial) {
    const order = 'by the values comes before every other write, but began after';
    return new Contradiction(`${inWords(began)} ${order} ${inWords(ended)} was over`, [
      began,
      ended,
    ]);
  }
  const [otherEnded, otherBegan] = [second.earliestEnd, first.latestBegin];
  if (otherEnded === undefined || otherBegan === undefined) throw new Error('an empty block');
  return new Contradiction(
    `${showValue(shownOf(ended))} came before ${showValue(shownOf(began))}, for ` +
      `${inWords(ended)} was over before ${inWords(began)} began; and it came after, for ` +
      `${inWords(otherEnded)} was over before ${inWords(otherBegan)} began; both were written once`,
    [ended, began, otherEnded, otherBegan],
  );
}

function shownOf(action: Action): Text {
  return writtenText(action) ?? observedText(action) ?? null;
}

function cluster(text: Text, write: Action | undefined): Cluster {
  return { text, write, readers: [], next: undefined, isTied: false };
}

/** More than which text it found or wrote. */
function tellsMore(action: Action): boolean {
  const { ifMatch, ifNoneMatch } = action.condition;
  if (ifMatch !== undefined || ifNoneMatch !== undefined) return true;
  return action.kind !== 'read' && (action.outcome !== undefined || isPure(action));
}
