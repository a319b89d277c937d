/**
 * One file on its way in: pieces are written where they belong, synced on the way, and nothing is
 * believed before all of it is there and fits (D10: a piece that was short or went to a wrong place
 * would otherwise be a hole full of zeros).
 */
import type { GroupId } from '../../raft/core/types.js';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import type { SnapshotFile, SnapshotSink } from '../../raft/snapshots/types.js';
import type { OpenFile } from '../../raft/wal/file-system.js';
import { ByteRanges } from './byte-ranges.js';
import type { CheckedFile } from './snapshot-file.js';
import { fileError, type SnapshotFolder } from './snapshot-folder.js';

/** Synced so often that no single sync keeps those of the Raft log waiting (design, section 5). */
const syncBytes = 4 * 1024 * 1024;
/** Pieces with holes between them: a sender keeps to a window. */
export const piecesMax = 64;

export interface ReceiverParts {
  readonly folder: SnapshotFolder;
  readonly group: GroupId;
  readonly snapshot: SnapshotFile;
  /** Reads the whole file, off the loop. */
  readonly check: (file: string) => Promise<CheckedFile>;
  /** Throws SnapshotError when the header is not of this cluster, group and entry. */
  readonly verify: (checked: CheckedFile) => void;
  /** Called once, however it ends. */
  readonly onEnd: (receiver: SnapshotReceiver) => void;
}

export class SnapshotReceiver implements SnapshotSink {
  readonly group: GroupId;
  readonly snapshot: SnapshotFile;
  readonly #parts: ReceiverParts;
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #written = new ByteRanges();
  readonly #running = new Set<Promise<void>>();
  #unsyncedBytes = 0;
  #ended: Promise<void> | undefined;

  private constructor(parts: ReceiverParts, file: OpenFile) {
    this.group = parts.group;
    this.snapshot = parts.snapshot;
    this.#parts = parts;
    this.#path = file.path;
    this.#file = file;
  }

  static async begin(parts: ReceiverParts): Promise<SnapshotReceiver> {
    const part = parts.folder.newPart();
    try {
      return new SnapshotReceiver(parts, await parts.folder.files.open(part, 'create'));
    } catch (cause) {
      throw fileError(cause, part);
    }
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    this.#check();
    const end = offset + bytes.length;
    if (!Number.isSafeInteger(offset) || offset < 0 || end > this.snapshot.bytes) {
      const words = `bytes ${offset} to ${end} of a file of ${this.snapshot.bytes}`;
      throw new SnapshotError('refused', `${this.#path}: ${words}`);
    }
    if (this.#written.count >= piecesMax) {
      throw new SnapshotError('refused', `${this.#path}: more than ${piecesMax} pieces apart`);
    }
    const writing = this.#write(offset, bytes);
    this.#running.add(writing);
    try {
      await writing;
    } catch (cause) {
      throw fileError(cause, this.#path);
    } finally {
      this.#running.delete(writing);
    }
  }

  async finish(): Promise<void> {
    this.#check();
    let kept = false;
    const finishing = this.#finish().then(() => {
      kept = true;
    });
    // Whoever aborts meanwhile waits for this.
    this.#ended = finishing.catch(() => {});
    try {
      await finishing;
    } catch (cause) {
      throw fileError(cause, this.#path);
    } finally {
      if (!kept) await this.#remove();
      this.#parts.onEnd(this);
    }
  }

  abort(): Promise<void> {
    this.#ended ??= this.#remove().finally(() => this.#parts.onEnd(this));
    return this.#ended;
  }

  async #write(offset: number, bytes: Buffer): Promise<void> {
    await this.#file.write(bytes, bytes.length, offset);
    this.#written.add(offset, offset + bytes.length);
    this.#unsyncedBytes += bytes.length;
    if (this.#unsyncedBytes < syncBytes) return;
    this.#unsyncedBytes = 0;
    await this.#file.datasync();
  }

  async #finish(): Promise<void> {
    const { folder, group, snapshot, check, verify } = this.#parts;
    await Promise.all(this.#running);
    const hole = this.#written.firstHole(snapshot.bytes);
    if (hole !== undefined) {
      throw new SnapshotError('refused', `${this.#path}: nothing was received at byte ${hole}`);
    }
    await this.#file.datasync();
    await this.#file.close();
    const checked = await check(this.#path);
    if (checked.bytes !== snapshot.bytes || checked.checksum !== snapshot.checksum) {
      throw new SnapshotError('refused', `${this.#path}: its checksum is not the announced one`);
    }
    verify(checked);
    await folder.keepReceived(this.#path, group, snapshot);
  }

  async #remove(): Promise<void> {
    await Promise.allSettled(this.#running);
    await this.#file.close().catch(() => {});
    await this.#parts.folder.remove(this.#path);
  }

  #check(): void {
    if (this.#ended !== undefined) {
      throw new SnapshotError('abandoned', `${this.#path}: it is not received any more`);
    }
  }
}
