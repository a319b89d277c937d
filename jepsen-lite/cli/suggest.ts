/** "Did you mean ...?": the nearest of the known words, when it is near enough to be meant. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`;
}

/** Insertions, deletions and replacements from one word to the other. */
export function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (above[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current[column] = Math.min(
        replaced,
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
      );
    }
    above = current;
  }
  return above[to.length] ?? 0;
}
