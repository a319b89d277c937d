/**
 * Delta debugging (Zeller and Hildebrandt's ddmin): a smaller list that still fails, by leaving
 * out ever finer parts. Ends early, with what it has, when the time is over.
 */

export function minimize<Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => readonly Item[] | undefined,
  endMs: number,
): readonly Item[] {
  let current = items;
  let parts = 2;
  while (current.length >= 2 && performance.now() < endMs) {
    const size = Math.ceil(current.length / parts);
    let smaller: readonly Item[] | undefined;
    for (let from = 0; from < current.length && smaller === undefined; from += size) {
      if (performance.now() > endMs) return current;
      // What a part needs comes with it: only what is smaller then is progress.
      const failing = fails([...current.slice(0, from), ...current.slice(from + size)]);
      if (failing !== undefined && failing.length < current.length) smaller = failing;
    }
    if (smaller !== undefined) {
      current = smaller;
      parts = Math.max(2, Math.min(parts - 1, current.length));
    } else if (size === 1) {
      return current;
    } else {
      parts = Math.min(current.length, 2 * parts);
    }
  }
  return current;
}
