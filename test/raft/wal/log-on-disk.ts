/**
 * A log on a simulated disk, opened again and again, for tests of recovery. They print their seed
 * and take one from KVORUM_SEED.
 */
import * as fc from 'fast-check';
import type { WalWarning } from '../../../src/raft/wal/recovery.js';
import type { Recovered, Wal } from '../../../src/raft/wal/types.js';
import { createWal } from '../../../src/raft/wal/wal.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { SeededRandom } from '../core/seeded-random.js';
import { LogModel, type Step, snapshotOf } from './log-model.js';
import { ManualClock } from './manual-clock.js';

export const SEGMENT_BYTES = 8192;
export const seed = Number(process.env['KVORUM_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** More of everything, for a night: KVORUM_RUNS=100. */
export const runs = (count: number) => Math.ceil(count * Number(process.env['KVORUM_RUNS'] ?? 1));

export const steps = (minLength: number, maxLength: number) =>
  fc.array(fc.record({ what: fc.nat(99), a: fc.nat(1000), b: fc.nat(1000), c: fc.nat(1000) }), {
    minLength,
    maxLength,
    size: 'max',
  });

export interface Opened {
  readonly wal: Wal;
  readonly clock: ManualClock;
  readonly recovered: Recovered;
  readonly snapshot: string;
  readonly warnings: WalWarning[];
}

export async function openOn(disk: SimulatedDisk): Promise<Opened> {
  const clock = new ManualClock();
  const random = new SeededRandom(disk.operations + 7).next;
  const warnings: WalWarning[] = [];
  const wal = createWal({
    dir: 'node',
    clock,
    fileSystem: disk,
    segmentBytes: SEGMENT_BYTES,
    logBytesMax: 4 * SEGMENT_BYTES,
    onWarning: (warning) => warnings.push(warning),
    randomUint32: () => Math.floor(random() * 2 ** 32),
  });
  const recovered = await wal.open();
  return { wal, clock, recovered, snapshot: snapshotOf(wal, recovered), warnings };
}

/** Takes the steps, and closes the log, which seals it, if asked to. */
export async function runThrough(all: readonly Step[], sealed: boolean) {
  const disk = new SimulatedDisk({ seed });
  const model = new LogModel();
  const { wal } = await openOn(disk);
  for (const step of all) await wal.write(model.step(step));
  if (sealed) await wal.close();
  return { disk, snapshot: model.snapshot() };
}
