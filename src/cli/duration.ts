/** Durations as people write them: `250ms`, `2s`, `1m`. A bare number is refused as ambiguous. */
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** Milliseconds; undefined when it is not a duration. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m)$/.exec(text);
  const unit = unitsMs[match?.[2] ?? ''];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}
