/**
 * The names in the folder `snapshots`, and which complete files there are. A received file carries
 * its checksum in its name: so it can be checked again after a restart, when nobody else knows it.
 *
 * | name | what |
 * | --- | --- |
 * | `G-I-T-C.db` | received, complete: group, index and term in decimal, CRC-32 in hexadecimal |
 * | `G-I-T.made` | made here, to be sent; removed at the next start |
 * | `N.part` | being made or received; removed at the next start |
 */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { EntryId, GroupId } from '../../raft/core/types.js';
import { SnapshotError } from '../../raft/snapshots/snapshot-error.js';
import type { SnapshotFile } from '../../raft/snapshots/types.js';
import { type FileSystem, isDiskFull } from '../../raft/wal/file-system.js';

export const snapshotFolderName = 'snapshots';

export interface ReceivedFile extends EntryId {
  readonly group: GroupId;
  readonly checksum: number;
  readonly path: string;
}

export interface MadeFile extends SnapshotFile {
  readonly group: GroupId;
  readonly path: string;
}

const receivedName = /^(\d+)-(\d+)-(\d+)-([0-9a-f]{8})\.db$/;
const leftoverName = /\.(?:made|part)$/;

export class SnapshotFolder {
  readonly path: string;
  readonly #files: FileSystem;
  readonly #received = new Set<ReceivedFile>();
  readonly #made = new Set<MadeFile>();
  #parts = 0;

  constructor(stateFolder: string, files: FileSystem) {
    this.path = path.join(stateFolder, snapshotFolderName);
    this.#files = files;
  }

  get files(): FileSystem {
    return this.#files;
  }

  /** Removes what a former process left half done or only made to send it. */
  async open(): Promise<void> {
    await this.#files.makeFolder(this.path);
    for (const name of await this.#files.list(this.path)) {
      const file = path.join(this.path, name);
      if (leftoverName.test(name)) await this.#files.unlink(file);
      const [, group, index, term, checksum = ''] = receivedName.exec(name) ?? [];
      if (group === undefined) continue;
      const id = { group: Number(group), index: Number(index), term: Number(term) };
      this.#received.add({ ...id, checksum: Number.parseInt(checksum, 16), path: file });
    }
  }

  /** A name that nothing has yet. */
  newPart(): string {
    this.#parts += 1;
    return path.join(this.path, `${this.#parts}.part`);
  }

  received(group: GroupId, id: EntryId): ReceivedFile | undefined {
    return [...this.#received].find((file) => isOf(file, group, id));
  }

  made(group: GroupId, id: EntryId): MadeFile | undefined {
    return [...this.#made].find((file) => isOf(file, group, id));
  }

  receivedOf(group: GroupId): readonly ReceivedFile[] {
    return [...this.#received].filter((file) => file.group === group);
  }

  madeOf(group: GroupId): readonly MadeFile[] {
    return [...this.#made].filter((file) => file.group === group);
  }

  /** Names with any received file, for the look around at open. */
  get allReceived(): readonly ReceivedFile[] {
    return [...this.#received];
  }

  /** From now on it may be referred to; the name is durable when this resolves. */
  async keepReceived(part: string, group: GroupId, snapshot: SnapshotFile): Promise<void> {
    const { index, term, checksum } = snapshot;
    const sum = checksum.toString(16).padStart(8, '0');
    const file = path.join(this.path, `${group}-${index}-${term}-${sum}.db`);
    await this.#files.rename(part, file);
    await this.#files.syncFolder(this.path);
    for (const other of this.receivedOf(group)) {
      // The same entry, other bytes: the newer one was asked for. The same name: replaced.
      if (!isOf(other, group, snapshot)) continue;
      this.#received.delete(other);
      if (other.path !== file) await this.#files.unlink(other.path);
    }
    this.#received.add({ group, index, term, checksum, path: file });
  }

  async keepMade(part: string, group: GroupId, snapshot: SnapshotFile): Promise<SnapshotFile> {
    const { index, term, bytes, checksum } = snapshot;
    const file = path.join(this.path, `${group}-${index}-${term}.made`);
    await this.#files.rename(part, file);
    const made = { group, index, term, bytes, checksum, path: file };
    const before = this.made(group, snapshot);
    if (before !== undefined) this.#made.delete(before);
    this.#made.add(made);
    return { index, term, bytes, checksum };
  }

  async removeReceived(file: ReceivedFile): Promise<void> {
    if (this.#received.delete(file)) await this.remove(file.path);
  }

  async removeMade(file: MadeFile): Promise<void> {
    if (this.#made.delete(file)) await this.remove(file.path);
  }

  /** A file that is not there any more is removed well enough. */
  async remove(file: string): Promise<void> {
    try {
      await this.#files.unlink(file);
    } catch (cause) {
      if (!isMissing(cause)) throw fileError(cause, file);
    }
  }
}

function isOf(file: EntryId & { group: GroupId }, group: GroupId, id: EntryId): boolean {
  return file.group === group && file.index === id.index && file.term === id.term;
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

/** What the file system said about a snapshot file. */
export function fileError(cause: unknown, file: string): SnapshotError {
  if (cause instanceof SnapshotError) return cause;
  const message = `${file}: ${cause instanceof Error ? cause.message : String(cause)}`;
  if (isMissing(cause)) return new SnapshotError('missing', message, cause);
  const full =
    isDiskFull(cause) ||
    (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('SQLITE_FULL'));
  return new SnapshotError(full ? 'full' : 'io', message, cause);
}

export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
