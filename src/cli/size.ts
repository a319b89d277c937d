/** Sizes as people write them: `4194304`, `4MiB`, `64 KiB`. */
const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Bytes; undefined when it is not a size. `KB` and `MB` are refused: they mean two things. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}) ?([A-Za-z]*)$/.exec(text);
  const unit = units[match?.[2]?.toLowerCase() ?? '?'];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** For people: `64 MiB`, `1.5 GiB`, `812 bytes`. */
export function formatSize(bytes: number): string {
  const steps: readonly (readonly [name: string, size: number])[] = [
    ['TiB', 1024 ** 4],
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ];
  for (const [name, size] of steps) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${name}`;
  }
  return `${bytes} bytes`;
}
