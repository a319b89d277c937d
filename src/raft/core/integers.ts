/**
 * Little-endian integers up to 2^53 in a byte array, without BigInt: every index and term is a
 * safe integer, and this is called for every entry.
 */

const HIGH = 0x1_0000_0000;

export function putUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / HIGH), true);
}

/** Beyond 2^53 the result is not a safe integer; decoders check that with `isCount`. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * HIGH;
}

export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
