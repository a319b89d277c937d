import type { Entry } from '../../../src/raft/core/types.js';
import { dump } from '../../../src/raft/wal/dump.js';
import type { WalBatch } from '../../../src/raft/wal/types.js';
import { createWal, type WalOptions } from '../../../src/raft/wal/wal.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { ManualClock } from './manual-clock.js';

export const SEGMENT_BYTES = 16384;
export const configuration = {
  voters: [{ node: 1, replica: 1 }],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 100,
};
export const EMPTY: WalBatch = { created: [], removed: [], writes: [] };

export function setUp(options: Partial<WalOptions> = {}, disk = new SimulatedDisk()) {
  const clock = new ManualClock();
  const failures: Error[] = [];
  const wal = createWal({
    dir: 'node',
    clock,
    fileSystem: disk,
    segmentBytes: SEGMENT_BYTES,
    logBytesMax: 4 * SEGMENT_BYTES,
    onFailure: (error) => failures.push(error),
    ...options,
  });
  return { wal, disk, clock, failures };
}

export const birth = (group: number): WalBatch['created'][number] => ({
  group,
  replica: 1,
  mark: { index: 0, term: 0, configuration },
  hardState: { term: 1, vote: 1, commit: 0 },
});

export function entry(index: number, bytes = 10, term = 1): Entry {
  return { index, term, kind: 1, data: Buffer.alloc(bytes, `${index};`) };
}

export function write(group: number, ...entries: Entry[]): WalBatch {
  return { ...EMPTY, writes: [{ group, entries }] };
}

export async function opened(options: Partial<WalOptions> = {}, disk = new SimulatedDisk()) {
  const parts = setUp(options, disk);
  await parts.wal.open();
  await parts.wal.write({ ...EMPTY, created: [birth(1), birth(2)] });
  return parts;
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

export async function kinds(disk: SimulatedDisk): Promise<string[]> {
  const found: string[] = [];
  for await (const item of dump(disk, 'node/wal')) if (item.item === 'frame') found.push(item.kind);
  return found;
}
