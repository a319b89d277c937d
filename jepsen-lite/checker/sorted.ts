/** Items in the order of a number, to be asked for the last one below a limit. */
export class Sorted<Item> {
  readonly #numbers: readonly number[];
  readonly #items: readonly Item[];

  constructor(items: readonly Item[], numberOf: (item: Item) => number) {
    this.#items = [...items].sort((a, b) => numberOf(a) - numberOf(b));
    this.#numbers = this.#items.map(numberOf);
  }

  lastBelow(limit: number): Item | undefined {
    return this.#items[this.#countBelow(limit) - 1];
  }

  #countBelow(limit: number): number {
    let [low, high] = [0, this.#numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] ?? 0) < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The items whose like has not been there before: each is better than all below it. */
export function improving<Item>(
  items: readonly Item[],
  numberOf: (item: Item) => number,
  goodness: (item: Item) => number,
): Sorted<Item> {
  let best = Number.NEGATIVE_INFINITY;
  const sorted = [...items].sort((a, b) => numberOf(a) - numberOf(b));
  const better = sorted.filter((item) => {
    if (goodness(item) <= best) return false;
    best = goodness(item);
    return true;
  });
  return new Sorted(better, numberOf);
}
