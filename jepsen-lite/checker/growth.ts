/**
 * Things that only grow: sets to which elements are added, counters that go up step by step. Looks
 * at them must be a chain, each showing all that the one before it shows; that is the order of the
 * looks, and every step belongs before the first look that shows it. If nothing in real time goes
 * against that order, it is an order that explains everything, so this rule is exact.
 */
import type { Operation } from '../history/operation.js';
import { tell } from '../history/tell.js';
import { type Finding, finding } from './judge-by-key.js';

/** What grows by one, up to `height`: of an element of a set the first and only step. */
export interface Step {
  readonly name: string;
  readonly height: number;
  readonly operation: Operation;
}

export interface Look {
  readonly operation: Operation;
  /** How high each stands; what is not there is at 0. */
  readonly heights: ReadonlyMap<string, number>;
}

export interface Growth {
  /** Confirmed ones, and those that nobody knows of. */
  readonly steps: readonly Step[];
  readonly looks: readonly Look[];
  /** How a step is called. */
  nameOf(step: Pick<Step, 'name' | 'height'>): string;
}

export function judgeGrowth({ steps, looks, nameOf }: Growth): Finding | undefined {
  const known = new KnownSteps(steps);
  const chain = [...looks].sort((a, b) => sizeOf(a) - sizeOf(b));
  const shown = new FirstShown();
  let level = -1;
  const happenings: Happening[] = [];
  for (const [at, look] of chain.entries()) {
    const before = chain[at - 1];
    const extra = before === undefined ? undefined : missing(before, look);
    if (before !== undefined && extra !== undefined) {
      const other = missing(look, before);
      const one = `${tell(before.operation)} shows ${nameOf(extra)}`;
      const two = `${tell(look.operation)} shows ${other === undefined ? 'more' : nameOf(other)}`;
      const words = `${one} and ${two}, but neither what the other shows`;
      return finding(words, before.operation, look.operation);
    }
    if (before === undefined || sizeOf(before) < sizeOf(look)) level += 1;
    for (const [name, height] of look.heights) {
      if (known.reach(name) >= height) shown.mark({ name, height }, level, look);
      else {
        const step = { name, height: known.reach(name) + 1 };
        return finding(
          `${tell(look.operation)} shows ${nameOf(step)}, which nobody made`,
          look.operation,
        );
      }
    }
    const { invokedAt: begin, completedAt: end } = look.operation;
    happenings.push({ place: 2 * level + 1, begin, end, look });
  }
  for (const step of known.all()) {
    const first = shown.of(step);
    const place = 2 * (first?.level ?? level + 1);
    happenings.push({ place, begin: step.begin, end: step.end, step, shownBy: first?.look });
    if (step.end < step.begin) {
      const words = `${tell(step.operation)} stands on a step that was made only later`;
      return finding(words, step.operation);
    }
  }
  return againstTime(happenings, nameOf);
}

/** A look, or a step at the latest moment it may have begun and was surely over. */
interface Happening {
  /** In the order of the looks: whoever is over before another begins has no higher place. */
  readonly place: number;
  readonly begin: number;
  readonly end: number;
  readonly look?: Look;
  readonly step?: KnownStep;
  readonly shownBy?: Look | undefined;
}

function againstTime(
  happenings: readonly Happening[],
  nameOf: Growth['nameOf'],
): Finding | undefined {
  const begins = [...happenings].sort((a, b) => a.begin - b.begin);
  const ends = [...happenings].sort((a, b) => a.end - b.end);
  let highest: Happening | undefined;
  let over = 0;
  for (const later of begins) {
    for (let next = ends[over]; next !== undefined && next.end < later.begin; next = ends[over]) {
      if (highest === undefined || next.place > highest.place) highest = next;
      over += 1;
    }
    if (highest !== undefined && highest.place > later.place) {
      return contradiction(highest, later, nameOf);
    }
  }
  return undefined;
}

function contradiction(earlier: Happening, later: Happening, nameOf: Growth['nameOf']): Finding {
  const [one, other] = [earlier, later].map(({ look, step }) => look?.operation ?? step?.operation);
  const found = [one, other, later.shownBy?.operation].filter((part) => part !== undefined);
  const [first, second, third = 'nobody'] = found.map(tell);
  return finding(words(), ...found);

  function words(): string {
    if (later.step !== undefined) {
      const name = nameOf(later.step);
      if (earlier.step === undefined)
        return `${first} shows ${name}, which only later began: ${second}`;
      const shown = `${third} shows ${name} and not ${nameOf(earlier.step)}`;
      return `${shown}, although ${first} was confirmed before ${second} began`;
    }
    const isLook = earlier.look !== undefined && later.look !== undefined;
    const lost = isLook ? missing(earlier.look, later.look) : earlier.step;
    const name = lost === undefined ? 'something' : nameOf(lost);
    const why = `although before it began ${isLook ? 'was shown' : 'was confirmed'}: ${first}`;
    return `${second} lacks ${name}, ${why}`;
  }
}

function sizeOf({ heights }: Look): number {
  let size = 0;
  for (const height of heights.values()) size += height;
  return size;
}

/** What one shows and the other does not. */
function missing(one: Look, other: Look): Pick<Step, 'name' | 'height'> | undefined {
  for (const [name, height] of one.heights) {
    const stands = other.heights.get(name) ?? 0;
    if (stands < height) return { name, height: stands + 1 };
  }
  return undefined;
}

/** When each step was first shown, in the order of the looks. */
class FirstShown {
  readonly #firsts = new Map<string, { readonly level: number; readonly look: Look }[]>();

  mark({ name, height }: Pick<Step, 'name' | 'height'>, level: number, look: Look): void {
    const ofName = this.#firsts.get(name) ?? [];
    this.#firsts.set(name, ofName);
    while (ofName.length < height) ofName.push({ level, look });
  }

  of({ name, height }: Pick<Step, 'name' | 'height'>) {
    return this.#firsts.get(name)?.[height - 1];
  }
}

interface KnownStep extends Step {
  /** It was not made before this, ... */
  begin: number;
  /** ... and if it was made at all, it was by then. */
  end: number;
}

class KnownSteps {
  readonly #steps = new Map<string, KnownStep[]>();

  constructor(steps: readonly Step[]) {
    for (const step of [...steps].sort((a, b) => a.height - b.height)) this.#add(step);
    for (const ofName of this.#steps.values()) tighten(ofName);
  }

  /** How high a name may stand. */
  reach(name: string): number {
    return this.#steps.get(name)?.length ?? 0;
  }

  all(): KnownStep[] {
    return [...this.#steps.values()].flat();
  }

  /** What stands on a step that nobody made cannot be shown, and is left out. */
  #add(step: Step): void {
    const { name, height, operation } = step;
    const ofName = this.#steps.get(name) ?? [];
    this.#steps.set(name, ofName);
    const { invokedAt: begin, completedAt: end } = operation;
    const same = ofName[height - 1];
    if (same !== undefined) {
      same.begin = Math.min(same.begin, begin);
      same.end = Math.min(same.end, end);
    } else if (ofName.length === height - 1) ofName.push({ ...step, begin, end });
  }
}

/** Nobody makes a step before the one below it. */
function tighten(ofName: readonly KnownStep[]): void {
  for (const [at, step] of ofName.entries()) {
    step.begin = Math.max(step.begin, ofName[at - 1]?.begin ?? 0);
  }
  for (let at = ofName.length - 2; at >= 0; at -= 1) {
    const step = ofName[at];
    if (step !== undefined) step.end = Math.min(step.end, ofName[at + 1]?.end ?? step.end);
  }
}
