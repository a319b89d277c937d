/** A running log's insides, put together by hand, for tests of the single parts. */
import type { Entry } from '../../../src/raft/core/types.js';
import { type BackgroundJob, inlineWorker } from '../../../src/raft/wal/background.js';
import { Carrier } from '../../../src/raft/wal/carrier.js';
import { LogAppender } from '../../../src/raft/wal/log-appender.js';
import { LogState } from '../../../src/raft/wal/log-state.js';
import { SegmentSupply } from '../../../src/raft/wal/segment-supply.js';
import type { WalBatch, WalObserver } from '../../../src/raft/wal/types.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';
import { ManualClock } from './manual-clock.js';

export const SEGMENT_BYTES = 16384;
export const EMPTY: WalBatch = { created: [], removed: [], writes: [] };
export const configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 100,
};

export function entry(index: number, bytes = 10, term = 1): Entry {
  return { index, term, kind: 1, data: Buffer.alloc(bytes, `${index};`) };
}

export function write(group: number, ...entries: Entry[]): WalBatch {
  return { ...EMPTY, writes: [{ group, entries }] };
}

export function compaction(group: number, index: number, term = 1): WalBatch {
  const compact = { index, term, configuration };
  return { ...EMPTY, writes: [{ group, entries: [], compact }] };
}

/** A log with two groups, in its first segment. */
export async function startLog(observer?: WalObserver) {
  const disk = new SimulatedDisk();
  const state = new LogState();
  const failures: Error[] = [];
  const jobs: BackgroundJob[] = [];
  const onFailure = (error: Error) => void failures.push(error);
  const worker = inlineWorker(disk);
  const carrier = new Carrier(state, onFailure);
  let short = false;
  const supply = new SegmentSupply(
    {
      fileSystem: disk,
      worker: {
        run(job) {
          jobs.push(job);
          return worker.run(job);
        },
        close: () => worker.close(),
      },
      folder: 'd',
      segmentBytes: SEGMENT_BYTES,
      segments: state.segments,
      randomUint32: () => 5,
      onFailure,
      inUse: (segment) => carrier.reading === segment,
      short: () => short,
    },
    undefined,
  );
  const clock = new ManualClock();
  const appender = new LogAppender({ state, carrier, supply, clock, observer });
  const tail = {
    segment: undefined,
    offset: 4096,
    sequence: 1,
    previousBytes: 0,
    ended: false,
    lastFrame: undefined,
  };
  await appender.resume(tail);
  const mark = { index: 0, term: 0, configuration };
  const hardState = { term: 1, vote: 0, commit: 0 };
  const created = [1, 2].map((group) => ({ group, replica: 1, mark, hardState }));
  await appender.append({ ...EMPTY, created });
  return {
    disk,
    state,
    carrier,
    supply,
    appender,
    failures,
    jobs,
    setShort(value: boolean) {
      short = value;
    },
  };
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}
