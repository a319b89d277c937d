/**
 * Bytes of a file on a simulated disk: what is durable, what was written since, and what of that
 * survives a power cut: each unsynced write is lost, kept, or torn at sectors.
 */
const SECTOR_BYTES = 512;

export interface UnsyncedWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface StoredFile {
  /** What the disk has. */
  readonly durable: Uint8Array;
  readonly unsynced: readonly UnsyncedWrite[];
}

/** The parts of a write that another one leaves uncovered. */
export function without({ offset, bytes }: UnsyncedWrite, by: UnsyncedWrite): UnsyncedWrite[] {
  const end = offset + bytes.length;
  const from = Math.max(offset, by.offset);
  const to = Math.min(end, by.offset + by.bytes.length);
  if (from >= to) return [{ offset, bytes }];
  const left = { offset, bytes: bytes.subarray(0, from - offset) };
  const right = { offset: to, bytes: bytes.subarray(to - offset) };
  return [left, right].filter((part) => part.bytes.length > 0);
}

export function survivingBytes(file: StoredFile, random: () => number): Uint8Array {
  let bytes: Uint8Array = file.durable.slice();
  for (const write of file.unsynced) {
    const fate = random();
    if (fate < 0.3) continue;
    const torn = fate < 0.7;
    for (const [offset, piece] of sectors(write)) {
      if (torn && random() < 0.5) continue;
      bytes = overwritten(bytes, piece, offset);
    }
  }
  return bytes;
}

function* sectors(write: UnsyncedWrite): Generator<[number, Uint8Array]> {
  const { offset, bytes } = write;
  for (let at = 0; at < bytes.length; ) {
    const length = SECTOR_BYTES - ((offset + at) % SECTOR_BYTES);
    yield [offset + at, bytes.subarray(at, at + length)];
    at += length;
  }
}

export function overwritten(bytes: Uint8Array, piece: Uint8Array, offset: number): Uint8Array {
  const end = offset + piece.length;
  let target = bytes;
  if (end > bytes.length) {
    target = new Uint8Array(end);
    target.set(bytes);
  }
  target.set(piece, offset);
  return target;
}
