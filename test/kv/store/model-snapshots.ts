/**
 * Snapshot files of the model store: texts in memory. What is received is checked as it must be,
 * and that is all there is to it.
 */
import { crc32 } from 'node:zlib';
import type { EntryId, GroupId } from '../../../src/raft/core/types.js';
import { SnapshotError } from '../../../src/raft/snapshots/snapshot-error.js';
import type {
  SnapshotFile,
  SnapshotFiles,
  SnapshotSink,
} from '../../../src/raft/snapshots/types.js';

/** What snapshots need of the model. */
export interface ModelStates {
  /** Undefined when there is no whole state. */
  exported(group: GroupId): { readonly id: EntryId; readonly text: string } | undefined;
  imported(text: string): void;
  invalidate(group: GroupId): void;
  drop(group: GroupId): void;
}

export class ModelSnapshots implements SnapshotFiles {
  readonly #states: ModelStates;
  readonly #made = new Map<string, Buffer>();
  readonly #received = new Map<string, Buffer>();
  readonly #sinks = new Map<string, ModelSink>();

  constructor(states: ModelStates) {
    this.#states = states;
  }

  async make(group: GroupId): Promise<SnapshotFile> {
    const state = this.#states.exported(group);
    if (state === undefined || state.id.term === 0) throw new SnapshotError('no-state', 'no state');
    const file = Buffer.from(state.text);
    this.#made.set(nameOf(group, state.id), file);
    return { ...state.id, bytes: file.length, checksum: crc32(file) };
  }

  async read(group: GroupId, id: EntryId, offset: number, length: number): Promise<Buffer> {
    const file = this.#made.get(nameOf(group, id));
    if (file === undefined) throw new SnapshotError('missing', `no ${nameOf(group, id)}`);
    return Buffer.from(file.subarray(offset, offset + length));
  }

  async discard(group: GroupId, id: EntryId): Promise<void> {
    this.#made.delete(nameOf(group, id));
    this.#received.delete(nameOf(group, id));
  }

  async receive(group: GroupId, snapshot: SnapshotFile): Promise<SnapshotSink> {
    const name = nameOf(group, snapshot);
    await this.#sinks.get(name)?.abort();
    const sink = new ModelSink(snapshot, (file) => {
      const { id } = JSON.parse(file.toString()) as { id: EntryId & { group: GroupId } };
      if (nameOf(id.group, id) !== name) throw new SnapshotError('refused', 'of another entry');
      this.#received.set(name, file);
    });
    this.#sinks.set(name, sink);
    return sink;
  }

  has(group: GroupId, id: EntryId): boolean {
    return this.#received.has(nameOf(group, id));
  }

  async install(group: GroupId, id: EntryId): Promise<void> {
    const here = this.#states.exported(group)?.id;
    if (here?.index === id.index && here.term !== id.term && here.term !== 0) {
      throw new SnapshotError('refused', 'another entry of the same index is applied');
    }
    if (here === undefined || here.index < id.index) {
      const file = this.#received.get(nameOf(group, id));
      if (file === undefined) throw new SnapshotError('missing', `no ${nameOf(group, id)}`);
      this.#states.imported(file.toString());
    }
    this.#received.delete(nameOf(group, id));
  }

  invalidate(group: GroupId): void {
    this.#states.invalidate(group);
    for (const name of this.#made.keys()) if (isOf(name, group)) this.#made.delete(name);
  }

  async drop(group: GroupId): Promise<void> {
    this.#states.drop(group);
    for (const files of [this.#made, this.#received]) {
      for (const name of files.keys()) if (isOf(name, group)) files.delete(name);
    }
    for (const [name, sink] of this.#sinks) if (isOf(name, group)) await sink.abort();
  }
}

class ModelSink implements SnapshotSink {
  readonly #snapshot: SnapshotFile;
  readonly #keep: (file: Buffer) => void;
  readonly #bytes: Buffer;
  readonly #written: Uint8Array;
  #ended = false;

  constructor(snapshot: SnapshotFile, keep: (file: Buffer) => void) {
    this.#snapshot = snapshot;
    this.#keep = keep;
    this.#bytes = Buffer.alloc(snapshot.bytes);
    this.#written = new Uint8Array(snapshot.bytes);
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    this.#check();
    if (offset < 0 || offset + bytes.length > this.#snapshot.bytes) {
      throw new SnapshotError('refused', 'outside the file');
    }
    bytes.copy(this.#bytes, offset);
    this.#written.fill(1, offset, offset + bytes.length);
  }

  async finish(): Promise<void> {
    this.#check();
    this.#ended = true;
    if (this.#written.includes(0) || crc32(this.#bytes) !== this.#snapshot.checksum) {
      throw new SnapshotError('refused', 'a hole or another checksum');
    }
    this.#keep(this.#bytes);
  }

  async abort(): Promise<void> {
    this.#ended = true;
  }

  #check(): void {
    if (this.#ended) throw new SnapshotError('abandoned', 'not received any more');
  }
}

function nameOf(group: GroupId, { index, term }: EntryId): string {
  return `${group}-${index}-${term}`;
}

function isOf(name: string, group: GroupId): boolean {
  return name.startsWith(`${group}-`);
}
