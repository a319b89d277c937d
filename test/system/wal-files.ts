/**
 * Finds and damages bytes in a stopped node's log, without knowledge of its format: by the values
 * that a test has written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Place {
  readonly path: string;
  readonly offset: number;
}

/** The first place of `text` in the log under a data folder. */
export function findInLog(folder: string, text: string): Place | undefined {
  for (const path of logFiles(folder)) {
    const offset = readFileSync(path).indexOf(text);
    if (offset !== -1) return { path, offset };
  }
  return undefined;
}

/** Where the bytes that are not zero end in the file that holds `text`. */
export function endOfLog(folder: string, text: string): Place | undefined {
  const found = findInLog(folder, text);
  if (found === undefined) return undefined;
  const bytes = readFileSync(found.path);
  let offset = bytes.length;
  while (offset > 0 && bytes[offset - 1] === 0) offset -= 1;
  return { path: found.path, offset };
}

export function flipBit({ path, offset }: Place): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

export function overwrite({ path, offset }: Place, more: Uint8Array): void {
  const bytes = readFileSync(path);
  bytes.set(more.subarray(0, bytes.length - offset), offset);
  writeFileSync(path, bytes);
}

function logFiles(folder: string): string[] {
  const wal = join(folder, 'wal');
  return readdirSync(wal, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(wal, entry.name))
    .sort();
}
