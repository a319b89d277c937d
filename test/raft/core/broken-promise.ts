/**
 * How a checker says that something does not hold.
 */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

export function must(condition: unknown, what: string): asserts condition {
  if (!condition) throw new BrokenPromise(what);
}
