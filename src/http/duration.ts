/**
 * Durations as parameters and headers write them: digits and a unit, `250ms`, `2s`, `1m`.
 * No fractions, no signs, no spaces, no bare numbers (nobody can tell seconds from milliseconds).
 */
const unitMs = { ms: 1, s: 1000, m: 60_000 } as const;

/** Undefined when it is not a duration or not within the range. */
export function parseDuration(
  text: string,
  range: { readonly minMs: number; readonly maxMs: number },
): number | undefined {
  const match = /^(\d{1,9})(ms|s|m)$/.exec(text);
  if (match === null) return undefined;
  const durationMs = Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  return durationMs >= range.minMs && durationMs <= range.maxMs ? durationMs : undefined;
}

/** Says what is allowed, for problems. */
export function describeDuration(range: {
  readonly minMs: number;
  readonly maxMs: number;
}): string {
  return `a duration such as 250ms, 2s or 1m, from ${short(range.minMs)} to ${short(range.maxMs)}`;
}

function short(durationMs: number): string {
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}
