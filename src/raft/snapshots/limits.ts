/**
 * How much a node gives to snapshots at once, and how long either side waits for the other.
 */
import { invariant } from '../core/invariant.js';

export interface SnapshotLimits {
  /** One answer's data; it travels on the bulk stream between other frames. */
  readonly chunkBytesMax: number;
  /** Chunks that one receiver has asked for and not received. */
  readonly windowChunks: number;
  /** Replicas that fetch from this node at once, and that this node fetches for at once. */
  readonly sendingMax: number;
  readonly receivingMax: number;
  /** What this node sends of snapshots, to all receivers together. */
  readonly sendBytesPerSecond: number;
  /** An answer that takes longer is taken for lost. */
  readonly answerMs: number;
  /** Pause before a lost chunk, or one that was put off, is asked for again. */
  readonly retryMs: number;
  /** Without a new byte for this long the receiver gives up; the leader offers another. */
  readonly receiveIdleMs: number;
  /** A finished snapshot is offered to further followers this long, if it still suffices. */
  readonly reuseMs: number;
  /** Nobody asked for a byte of it for this long: it is discarded, and no longer pins the log. */
  readonly sendIdleMs: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const defaultSnapshotLimits: SnapshotLimits = {
  chunkBytesMax: 256 * KiB,
  windowChunks: 2,
  sendingMax: 2,
  receivingMax: 2,
  sendBytesPerSecond: 64 * MiB,
  answerMs: 5_000,
  retryMs: 200,
  receiveIdleMs: 30_000,
  reuseMs: 15_000,
  sendIdleMs: 45_000,
};

/** Throws when two constants contradict each other. */
export function checkSnapshotLimits(limits: SnapshotLimits): void {
  const { chunkBytesMax, windowChunks, sendBytesPerSecond, answerMs } = limits;
  const chunkMs = (chunkBytesMax / sendBytesPerSecond) * 1_000;
  invariant(chunkBytesMax >= 1 && windowChunks >= 1, 'a chunk can travel');
  invariant(limits.sendingMax >= 1 && limits.receivingMax >= 1, 'a snapshot can travel');
  // It waits in the queue for a quarter of the time at most; the last one is left for the way.
  invariant(chunkMs <= answerMs / 2, 'a chunk flows before its answer is taken for lost');
  // A receiver asks several times before it gives up.
  invariant(answerMs + limits.retryMs < limits.receiveIdleMs, 'a lost answer is no end');
  // The file is still there when a receiver comes back from a broken connection.
  invariant(limits.receiveIdleMs < limits.sendIdleMs, 'the receiver gives up first');
}
