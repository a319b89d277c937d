/**
 * Work on the log's files that the log does not wait for: preparing the next segment, recycling
 * and removing old ones. Behind an interface, because on a node it runs in a thread and in a
 * simulator when the simulator says so.
 */
import type { FileSystem } from './file-system.js';
import {
  encodeSegmentHeader,
  PREPARATION_FILE,
  type SegmentHeader,
  segmentFileName,
} from './format.js';

export type BackgroundJob =
  | {
      readonly kind: 'prepare';
      readonly folder: string;
      readonly header: SegmentHeader;
      /** A segment that nothing needs any more: its file is used again. */
      readonly recycle?: string;
    }
  | { readonly kind: 'remove'; readonly folder: string; readonly fileName: string };

/** Runs one job at a time; a job that failed is not tried again. */
export interface BackgroundWorker {
  run(job: BackgroundJob): Promise<void>;
  /** Called when no job is running. Idempotent. */
  close(): Promise<void>;
}

/** Runs the jobs right here. For simulators and tests, which own the file system. */
export function inlineWorker(fileSystem: FileSystem): BackgroundWorker {
  return {
    run: (job) => runJob(fileSystem, job),
    async close() {},
  };
}

export async function runJob(fileSystem: FileSystem, job: BackgroundJob): Promise<void> {
  if (job.kind === 'prepare') return prepare(fileSystem, job);
  await fileSystem.unlink(`${job.folder}/${job.fileName}`);
  // One by one and in order: a crash must not leave a hole among the segments (I3).
  await fileSystem.syncFolder(job.folder);
}

/**
 * A segment appears under its name only when it is complete: its blocks are there (a sync that
 * need not allocate takes half the time), and its header is durable (I6).
 */
async function prepare(
  fileSystem: FileSystem,
  job: Extract<BackgroundJob, { kind: 'prepare' }>,
): Promise<void> {
  const { folder, header, recycle } = job;
  const preparing = `${folder}/${PREPARATION_FILE}`;
  if ((await fileSystem.list(folder)).includes(PREPARATION_FILE))
    await fileSystem.unlink(preparing);
  if (recycle !== undefined) {
    await fileSystem.rename(`${folder}/${recycle}`, preparing);
    // Before the header changes: after a crash the old name must not lead to the new header.
    await fileSystem.syncFolder(folder);
  }
  try {
    await fill(fileSystem, preparing, header, recycle !== undefined);
  } catch (error) {
    // What a full disk left half done would only keep it full.
    await fileSystem.unlink(preparing).catch(() => undefined);
    throw error;
  }
  await fileSystem.rename(preparing, `${folder}/${segmentFileName(header.id)}`);
  await fileSystem.syncFolder(folder);
}

async function fill(
  fileSystem: FileSystem,
  path: string,
  header: SegmentHeader,
  exists: boolean,
): Promise<void> {
  const file = await fileSystem.open(path, exists ? 'write' : 'create');
  try {
    if (!exists) await file.preallocate(header.capacityBytes);
    const bytes = encodeSegmentHeader(header);
    await file.write(bytes, bytes.length, 0);
    await file.datasync();
  } finally {
    await file.close();
  }
}
