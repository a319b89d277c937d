/**
 * What the harness can change inside a running node, and what it is told back. One line of JSON per
 * command and per report, over a connection that the node opens.
 */
import { z } from 'zod';

export const shimSettings = z.object({
  /** So much longer takes every sync, and every write that is a sync as well. */
  syncDelayMs: z.number().nonnegative(),
  /** Syncs of a thread fail with EIO until so many have failed: 1 is once. */
  failedSyncsMax: z.number().nonnegative(),
  /** Writes fail with ENOSPC, as on a file system that also needs space to overwrite. */
  diskFull: z.boolean(),
  /** Added to Unix time. */
  wallOffsetMs: z.number(),
  /** How fast clocks run, monotonic ones too; 1 is right. */
  clockRate: z.number().positive(),
});
export type ShimSettings = z.infer<typeof shimSettings>;

export const harmless: ShimSettings = {
  syncDelayMs: 0,
  failedSyncsMax: 0,
  diskFull: false,
  wallOffsetMs: 0,
  clockRate: 1,
};

export const shimCommand = z.object({
  id: z.number(),
  settings: shimSettings.optional(),
  /** Nothing else runs on the event loop for so long, after the report has left. */
  stallMs: z.number().positive().optional(),
});
export type ShimCommand = z.infer<typeof shimCommand>;

/** Counts are of this thread since it began. */
export const shimCounts = z.object({
  syncs: z.number(),
  slowSyncs: z.number(),
  failedSyncs: z.number(),
  failedWrites: z.number(),
});
export type ShimCounts = z.infer<typeof shimCounts>;

export const shimReport = z.object({
  id: z.number(),
  counts: shimCounts,
  /** What this thread's code sees on its clocks, and what they would be. */
  clocks: z.object({
    wallMs: z.number(),
    trueWallMs: z.number(),
    monotonicMs: z.number(),
    trueMonotonicMs: z.number(),
  }),
});
export type ShimReport = z.infer<typeof shimReport>;

/** The first line of a connection. */
export const shimHello = z.object({ node: z.number(), mainThread: z.boolean() });
