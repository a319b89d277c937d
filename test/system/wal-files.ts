/**
 * Finds and damages bytes in a stopped node's log, by the values that a test has written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAMES_BEGIN } from '../../src/raft/wal/format.js';
import { FRAME_HEADER_BYTES, readFrameHeader } from '../../src/raft/wal/frame.js';

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

/** Where the next frame would begin in the segment that holds `text`. */
export function endOfLog(folder: string, text: string): Place | undefined {
  const found = findInLog(folder, text);
  if (found === undefined) return undefined;
  const bytes = readFileSync(found.path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = FRAMES_BEGIN;
  for (let header = readFrameHeader(view, offset); header !== undefined; ) {
    offset += FRAME_HEADER_BYTES + header.payloadBytes;
    header = readFrameHeader(view, offset);
  }
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
