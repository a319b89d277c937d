/**
 * Snapshot files in memory, of a state that fits a JSON text. What a crash would leave can be
 * asked for, and each step can be made to wait or to fail.
 */
import { crc32 } from 'node:zlib';
import type { EntryId, GroupId } from '../../../src/raft/core/types.js';
import { SnapshotError } from '../../../src/raft/snapshots/snapshot-error.js';
import type {
  SnapshotFile,
  SnapshotFiles,
  SnapshotSink,
} from '../../../src/raft/snapshots/types.js';

/** The state that the files are of. */
export interface FakeState {
  /** Undefined when there is none to make a snapshot of. */
  dump(group: GroupId): (EntryId & { bytes: Buffer }) | undefined;
  restore(group: GroupId, bytes: Buffer): void;
  /** False: not to be trusted. */
  setWhole(group: GroupId, whole: boolean): void;
  remove(group: GroupId): void;
}

export type Step = 'make' | 'read' | 'receive' | 'write' | 'finish' | 'install' | 'drop';

export class FakeSnapshotFiles implements SnapshotFiles {
  readonly made = new Map<string, Buffer>();
  readonly received = new Map<string, Buffer>();
  readonly steps: string[] = [];
  /** Awaited before each step: throw, or wait. */
  before: (step: Step, group: GroupId) => Promise<void> | void = () => {};
  readonly #state: FakeState;

  constructor(state: FakeState) {
    this.#state = state;
  }

  async #step(step: Step, group: GroupId): Promise<void> {
    this.steps.push(`${step} ${group}`);
    await this.before(step, group);
  }

  async make(group: GroupId): Promise<SnapshotFile> {
    const dump = this.#state.dump(group);
    await this.#step('make', group);
    if (dump === undefined) throw new SnapshotError('no-state', `nothing of group ${group}`);
    const { index, term, bytes } = dump;
    this.made.set(nameOf(group, dump), bytes);
    return { index, term, bytes: bytes.length, checksum: crc32(bytes) };
  }

  async read(group: GroupId, id: EntryId, offset: number, length: number): Promise<Buffer> {
    await this.#step('read', group);
    const bytes = this.made.get(nameOf(group, id));
    if (bytes === undefined) throw new SnapshotError('missing', 'it is gone');
    return bytes.subarray(offset, offset + length);
  }

  async discard(group: GroupId, id: EntryId): Promise<void> {
    this.steps.push(`discard ${group}`);
    this.made.delete(nameOf(group, id));
    this.received.delete(nameOf(group, id));
  }

  async receive(group: GroupId, snapshot: SnapshotFile): Promise<SnapshotSink> {
    await this.#step('receive', group);
    const bytes = Buffer.alloc(snapshot.bytes);
    return {
      write: async (offset, data) => {
        await this.#step('write', group);
        data.copy(bytes, offset);
      },
      finish: async () => {
        await this.#step('finish', group);
        if (crc32(bytes) !== snapshot.checksum) throw new SnapshotError('refused', 'checksum');
        this.received.set(nameOf(group, snapshot), bytes);
      },
      abort: async () => {
        this.steps.push(`abort ${group}`);
      },
    };
  }

  has(group: GroupId, id: EntryId): boolean {
    return this.received.has(nameOf(group, id));
  }

  async install(group: GroupId, id: EntryId): Promise<void> {
    const bytes = this.received.get(nameOf(group, id));
    if (bytes === undefined) throw new SnapshotError('missing', 'no such file');
    this.#state.setWhole(group, false);
    await this.#step('install', group);
    this.#state.restore(group, bytes);
    this.#state.setWhole(group, true);
    this.received.delete(nameOf(group, id));
  }

  invalidate(group: GroupId): void {
    this.#state.setWhole(group, false);
  }

  async drop(group: GroupId): Promise<void> {
    this.#state.setWhole(group, true);
    this.#state.remove(group);
    await this.#step('drop', group);
  }
}

function nameOf(group: GroupId, { index, term }: EntryId): string {
  return `${group}-${index}-${term}`;
}
