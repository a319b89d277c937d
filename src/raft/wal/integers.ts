/**
 * Integers in log files: those of the core's codec, and their alignment.
 */
export { getUint64, isCount, putUint64 } from '../core/integers.js';

/** Records and frames start at multiples of eight. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
