/**
 * The durable log beside a plain positioned write + fdatasync of the same bytes: what do framing,
 * checksums, the index and segments cost? Run with `node build/bench/wal.js [folder]`.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { realClock } from '../src/raft/clock.js';
import type { Entry } from '../src/raft/core/types.js';
import type { Wal, WalBatch } from '../src/raft/wal/types.js';
import { createWal } from '../src/raft/wal/wal.js';

const BATCH_SIZES = [1, 16, 128];
const ENTRY_BYTES = 256;
const DURATION_MS = 1500;
const ROUNDS = 3;
const SEGMENT_BYTES = 64 * 1024 * 1024;

const configuration = {
  voters: [{ node: 1, replica: 1 }],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 100,
};

interface Figures {
  readonly batchesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const folder = fs.mkdtempSync(path.join(process.argv[2] ?? os.tmpdir(), 'kvorum-wal-bench-'));
try {
  console.log('batch  what   batches/s  entries/s  p50 ms  p99 ms   (medians of rounds)');
  for (const size of BATCH_SIZES) {
    const plain: Figures[] = [];
    const log: Figures[] = [];
    // In turn, so that whatever else the machine does meets both.
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(await measurePlain(size));
      log.push(await measureLog(size));
    }
    report(size, 'plain', plain);
    report(size, 'log', log);
    const ratio = median(log, 'batchesPerSecond') / median(plain, 'batchesPerSecond');
    console.log(`${' '.repeat(7)}log / plain = ${ratio.toFixed(2)}`);
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}

async function measurePlain(size: number): Promise<Figures> {
  const file = path.join(folder, 'plain');
  const descriptor = fs.openSync(file, 'w+');
  const zeros = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < SEGMENT_BYTES; at += zeros.length)
    fs.writeSync(descriptor, zeros, 0, zeros.length, at);
  fs.fdatasyncSync(descriptor);
  const bytes = Buffer.alloc(size * ENTRY_BYTES, 7);
  let at = 0;
  const figures = await measure(async () => {
    if (at + bytes.length > SEGMENT_BYTES) at = 0;
    await new Promise<void>((resolve, reject) => {
      fs.write(descriptor, bytes, 0, bytes.length, at, (error) => {
        if (error) return reject(error);
        fs.fdatasync(descriptor, (syncError) => (syncError ? reject(syncError) : resolve()));
      });
    });
    at += bytes.length;
  });
  fs.closeSync(descriptor);
  fs.unlinkSync(file);
  return figures;
}

async function measureLog(size: number): Promise<Figures> {
  const dir = path.join(folder, 'node');
  fs.rmSync(dir, { recursive: true, force: true });
  const wal = createWal({ dir, clock: realClock, segmentBytes: SEGMENT_BYTES });
  await wal.open();
  await create(wal);
  let last = 0;
  const figures = await measure(async () => {
    const entries: Entry[] = [];
    for (let i = 1; i <= size; i++) {
      entries.push({ index: last + i, term: 1, kind: 1, data: Buffer.allocUnsafe(ENTRY_BYTES) });
    }
    last += size;
    const hardState = { term: 1, vote: 1, commit: last };
    await wal.write({ created: [], removed: [], writes: [{ group: 1, entries, hardState }] });
    if (last % 65536 === 0) await compact(wal, last - 1000);
  });
  await wal.close();
  return figures;
}

async function create(wal: Wal): Promise<void> {
  const mark = { index: 0, term: 0, configuration };
  const birth = { group: 1, replica: 1, mark, hardState: { term: 1, vote: 1, commit: 0 } };
  await wal.write({ created: [birth], removed: [], writes: [] });
}

async function compact(wal: Wal, index: number): Promise<void> {
  const batch: WalBatch = {
    created: [],
    removed: [],
    writes: [{ group: 1, entries: [], compact: { index, term: 1, configuration } }],
  };
  await wal.write(batch);
}

async function measure(once: () => Promise<void>): Promise<Figures> {
  for (let i = 0; i < 100; i++) await once();
  const durations: number[] = [];
  const startedMs = performance.now();
  while (performance.now() - startedMs < DURATION_MS) {
    const before = performance.now();
    await once();
    durations.push(performance.now() - before);
  }
  const batchesPerSecond = (durations.length / (performance.now() - startedMs)) * 1000;
  durations.sort((a, b) => a - b);
  const at = (part: number) => durations[Math.floor(durations.length * part)] ?? 0;
  return { batchesPerSecond, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function report(size: number, what: string, rounds: readonly Figures[]): void {
  const batches = median(rounds, 'batchesPerSecond');
  const columns = [
    String(size).padStart(5),
    ` ${what.padEnd(5)}`,
    batches.toFixed(0).padStart(10),
    (batches * size).toFixed(0).padStart(10),
    median(rounds, 'p50Ms').toFixed(3).padStart(7),
    median(rounds, 'p99Ms').toFixed(3).padStart(7),
  ];
  console.log(columns.join(' '));
}

function median(rounds: readonly Figures[], figure: keyof Figures): number {
  const values = rounds.map((round) => round[figure]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? 0;
}
