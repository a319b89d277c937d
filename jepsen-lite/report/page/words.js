/** Numbers and times as people read them. Times are microseconds since the run began. */

export function thousands(count) {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

export function plural(count, one, many = `${one}s`) {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}

export function duration(us) {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 1_000_000) return `${significant(us / 1000)} ms`;
  if (us < 120_000_000) return `${significant(us / 1_000_000)} s`;
  const seconds = Math.round(us / 1_000_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function significant(number) {
  if (number >= 100) return number.toFixed(0);
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}

/** A moment; `stepUs` says how exact it must be. */
export function moment(us, stepUs = 1000) {
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(stepUs / 1_000_000) - 1e-9)));
  return `${(us / 1_000_000).toFixed(digits)} s`;
}

export const validityWords = { valid: 'valid', invalid: 'invalid', unknown: 'unknown' };

/** 1, 2 or 5 times a power of ten, so that about `count` of them fill the range. */
export function roundStep(range, count) {
  const raw = Math.max(range / count, 1e-9);
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10);
}
