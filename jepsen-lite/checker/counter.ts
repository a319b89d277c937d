/**
 * Counters to which amounts are added, from 0 on. What is seen lies between what was surely added
 * and what may have been, and is one of the sums that these make, as long as there are few; and
 * when nobody subtracts, the additions that were confirmed since a look are on top of what it saw.
 */
import type { Operation } from '../history/operation.js';
import { tell } from '../history/tell.js';
import {
  answeredNumber,
  askedNumber,
  type Finding,
  finding,
  type KeyRule,
  undecided,
} from './judge-by-key.js';
import { type Change, PossibleSums } from './possible-sums.js';

export const counterRule: KeyRule = {
  claim: 'each counter shows all that was surely added, and no more than was asked for',
  fs: ['add', 'total'],
  judge(operations) {
    const changes = operations
      .filter(({ f, status }) => f === 'add' && status !== 'fail')
      .map((operation) => ({ operation, amount: askedNumber(operation) }));
    const looks = operations.filter(({ f, status }) => f === 'total' && status === 'ok');
    const sums = new PossibleSums(changes);
    return impossibleTotal(sums, looks) ?? lostSince(changes, looks) ?? uncountedTotal(sums, looks);
  },
};

function totalOf(look: Operation): number {
  return look.answered === null ? 0 : answeredNumber(look);
}

function impossibleTotal(sums: PossibleSums, looks: readonly Operation[]): Finding | undefined {
  for (const look of looks) {
    const total = totalOf(look);
    const { low, high } = sums.bounds(look);
    if (total >= low && total <= high && sums.canBe(look, total) !== false) continue;
    const what =
      total < low
        ? `at least ${low} was there by additions that were confirmed before`
        : total > high
          ? `by all additions that had begun it is at most ${high}`
          : 'no choice of the additions under way leads there';
    return finding(`${tell(look)}, but ${what}`, look);
  }
  return undefined;
}

function uncountedTotal(sums: PossibleSums, looks: readonly Operation[]): Finding | undefined {
  const look = looks.find((one) => sums.canBe(one, totalOf(one)) === undefined);
  return look && undecided(`${tell(look)}: the additions under way are too many to count out`);
}

function lostSince(changes: readonly Change[], looks: readonly Operation[]): Finding | undefined {
  if (changes.some(({ amount }) => amount < 0)) return undefined;
  const amounts = new Map(changes.map(({ operation, amount }) => [operation, amount]));
  const moments = [...looks, ...amounts.keys()]
    .filter(({ status }) => status === 'ok')
    .flatMap((operation) => [
      { at: operation.invokedAt, operation, begins: true },
      { at: operation.completedAt, operation, begins: false },
    ]);
  moments.sort((a, b) => a.at - b.at);
  const floors = new Floors();
  const floorAtBegin = new Map<Operation, Floor>();
  for (const { operation, begins } of moments) {
    const amount = amounts.get(operation);
    if (amount !== undefined) {
      if (begins) floors.begin(operation);
      else floors.add(operation, amount);
    } else if (begins) {
      const { highest } = floors;
      if (highest !== undefined) floorAtBegin.set(operation, { ...highest });
    } else {
      const total = totalOf(operation);
      const floor = floorAtBegin.get(operation);
      if (floor !== undefined && total < floor.least) {
        const since = `by what was confirmed since ${tell(floor.look)}`;
        const words = `${tell(operation)}, but it must be at least ${floor.least} ${since}`;
        return finding(words, operation, floor.look);
      }
      floors.look(operation, total);
    }
  }
  return undefined;
}

/** A look, and what it showed together with what was surely added since. */
interface Floor {
  readonly look: Operation;
  least: number;
}

class Floors {
  /**
   * From the oldest look on, each with more than the one before: who is older gets every addition
   * that a younger one gets, so a younger one with less says nothing new.
   */
  #floors: Floor[] = [];
  /** In the order of their calls. */
  readonly #adding = new Set<Operation>();

  get highest(): Floor | undefined {
    return this.#floors.at(-1);
  }

  look(look: Operation, total: number): void {
    if ((this.highest?.least ?? -1) < total) this.#floors.push({ look, least: total });
  }

  begin(add: Operation): void {
    this.#adding.add(add);
  }

  add(add: Operation, amount: number): void {
    this.#adding.delete(add);
    for (const floor of this.#floors) {
      if (floor.look.completedAt < add.invokedAt) floor.least += amount;
    }
    // All looks before the oldest addition under way will get the same: the highest says it all.
    const [oldest] = this.#adding;
    const settled = oldest?.invokedAt ?? Number.POSITIVE_INFINITY;
    const kept: Floor[] = [];
    for (const floor of this.#floors) {
      const before = kept.at(-1);
      if (before !== undefined && before.least >= floor.least) continue;
      if (floor.look.completedAt < settled) kept.length = 0;
      kept.push(floor);
    }
    this.#floors = kept;
  }
}
