/**
 * How fast this disk makes a small write durable: the time that every acknowledged write waits
 * for. Measured as the durable log writes, over space that exists already, through the thread
 * pool.
 */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface DiskSpeed {
  readonly syncs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const blockBytes = 4096;
const fileBytes = 1024 ** 2;
const warmUpSyncs = 5;

export interface DiskSpeedOptions {
  /** Ends at whichever comes first. */
  readonly syncsMax: number;
  readonly durationMsMax: number;
}

/** Leaves nothing behind. Rejects when the folder cannot be written. */
export async function measureDiskSpeed(
  dir: string,
  { syncsMax, durationMsMax }: DiskSpeedOptions,
): Promise<DiskSpeed> {
  const path = join(dir, `.kvorum-doctor-${process.pid}`);
  const file = await open(path, 'wx');
  try {
    await file.write(Buffer.alloc(fileBytes), 0, fileBytes, 0);
    await file.sync();
    const block = Buffer.alloc(blockBytes, 1);
    const durations: number[] = [];
    const endsAt = performance.now() + durationMsMax;
    for (let i = 0; i < syncsMax + warmUpSyncs; i += 1) {
      const begun = performance.now();
      await file.write(block, 0, blockBytes, (i * blockBytes) % fileBytes);
      await file.datasync();
      const ended = performance.now();
      if (i >= warmUpSyncs) durations.push(ended - begun);
      if (ended > endsAt && durations.length > 0) break;
    }
    return summarize(durations);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

export function summarize(durationsMs: readonly number[]): DiskSpeed {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { syncs: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
