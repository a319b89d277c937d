/**
 * Ranges of the 32-bit hash space: `start <= hash < end`, where `end` may be 2^32.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { HashRange } from '../store/types.js';

/** Number of hashes; one past the greatest. */
export const hashSpaceSize = 2 ** 32;

/**
 * `count` ranges that cover the hash space exactly, in order, of equal size up to one hash. The
 * products stay below 2^53 for any count up to 2^21, so the borders are exact.
 */
export function equalRanges(count: number): HashRange[] {
  invariant(Number.isInteger(count) && count >= 1 && count <= 2 ** 21, 'a count of ranges');
  const border = (index: number) => Math.floor((index * hashSpaceSize) / count);
  return Array.from({ length: count }, (_, index) => ({
    start: border(index),
    end: border(index + 1),
  }));
}

/**
 * Says what is wrong with ranges that should cover the hash space in order without gap or
 * overlap; undefined when nothing is.
 */
export function coverDefect(ranges: readonly HashRange[]): string | undefined {
  let expectedStart = 0;
  for (const { start, end } of ranges) {
    if (start > expectedStart) return `hashes ${expectedStart} to ${start - 1} are in no range`;
    if (start < expectedStart) return `hash ${start} is in two ranges`;
    if (end <= start) return `the range at ${start} is empty`;
    expectedStart = end;
  }
  if (expectedStart < hashSpaceSize) return `hashes from ${expectedStart} on are in no range`;
  if (expectedStart > hashSpaceSize) return `a range ends at ${expectedStart}, beyond 2^32`;
  return undefined;
}
