/**
 * The state machine of one replica without a state: what it has applied, as a digest of it all,
 * at every point that a power cut may take it back to. And its snapshots: those made here, which
 * a crash forgets, and those received, which are durable under their name.
 */
import { invariant } from '../../../src/raft/core/invariant.js';
import type {
  Entry,
  EntryId,
  Index,
  LogMark,
  SnapshotDescription,
} from '../../../src/raft/core/types.js';

export interface SnapshotFile {
  readonly snapshot: SnapshotDescription;
  readonly digest: string;
}

const keyOf = ({ index, term }: EntryId) => `${index}/${term}`;

export class SimulatedState {
  #applied: Index = 0;
  #durable: Index = 0;
  /** By index, from the durable one to the one applied. */
  #digests = new Map<Index, string>([[0, '']]);
  /** Half of the rows are those of a snapshot. */
  #half = false;
  /** Differs from the group's, and somebody found out. */
  damaged = false;
  #made = new Map<string, SnapshotFile>();
  #received = new Map<string, SnapshotFile>();

  get applied(): Index {
    return this.#applied;
  }
  get durable(): Index {
    return this.#durable;
  }
  get half(): boolean {
    return this.#half;
  }
  get digest(): string {
    return this.#digests.get(this.#applied) ?? '';
  }

  apply(entry: Entry): void {
    invariant(!this.#half && !this.damaged, 'nothing is applied to a state that is not the group');
    invariant(entry.index === this.#applied + 1, 'entries are applied without gaps');
    const digest = digestOf(`${this.digest}|${keyOf(entry)}|${entry.data.length}`);
    this.#applied = entry.index;
    this.#digests.set(entry.index, digest);
  }

  flushedTo(index: Index): void {
    invariant(!this.#half && index <= this.#applied, 'only what is applied is flushed');
    this.#durable = Math.max(this.#durable, index);
    for (const known of this.#digests.keys())
      if (known < this.#durable) this.#digests.delete(known);
  }

  /** A power cut takes the state back to a point between the durable one and the newest. */
  crash(applied: Index): void {
    invariant(applied >= this.#durable && applied <= this.#applied, 'durable state is never lost');
    this.#applied = applied;
    for (const index of this.#digests.keys()) if (index > applied) this.#digests.delete(index);
    this.#made.clear();
  }

  // Snapshots -----------------------------------------------------------------------------

  make(mark: LogMark, maker: number): SnapshotDescription {
    invariant(mark.index === this.#applied && !this.#half, 'a snapshot is of what is applied');
    const snapshot = { ...mark, bytes: 10, checksum: mark.index * 100 + maker };
    this.#made.set(keyOf(mark), { snapshot, digest: this.digest });
    return snapshot;
  }

  discardMade(): void {
    this.#made.clear();
  }

  /** What whoever fetches it gets, while it is here. */
  madeFile(snapshot: SnapshotDescription): SnapshotFile | undefined {
    const file = this.#made.get(keyOf(snapshot));
    return file?.snapshot.checksum === snapshot.checksum ? file : undefined;
  }

  receive(file: SnapshotFile): void {
    this.#received.set(keyOf(file.snapshot), file);
  }

  has(mark: EntryId): boolean {
    return this.#received.has(keyOf(mark));
  }

  /** The disk loses or damages what it was told to keep. */
  loseReceived(): void {
    this.#received.clear();
  }

  beginInstall(mark: EntryId): void {
    invariant(this.has(mark), 'the file is there before the log speaks of it (R10)');
    this.#half = true;
  }

  /** Durable in the same moment; then the file may go. */
  finishInstall(mark: EntryId): void {
    const file = this.#received.get(keyOf(mark));
    invariant(file !== undefined && this.#half, 'an installation was begun');
    this.#applied = mark.index;
    this.#durable = mark.index;
    this.#digests = new Map([[mark.index, file.digest]]);
    this.#half = false;
    this.damaged = false;
    for (const [key, { snapshot }] of this.#received) {
      if (snapshot.index <= mark.index) this.#received.delete(key);
    }
  }
}

/** FNV-1a: short, and different for different histories. */
function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16);
}
