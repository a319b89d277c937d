/**
 * The receiving side of snapshots (section 7): what a follower does with an offer, with a file
 * that has arrived, and with a state that was found damaged.
 *
 *   offer -> fetch -> received -> the log begins anew, durably -> acknowledged -> installed
 *
 * Everything here may be repeated, lost or overtaken by another snapshot. The leader offers until
 * its log connects with this one, so nothing that is forgotten here strands the replica.
 */
import { ImpossibleInput } from './impossible-input.js';
import type { RaftLog } from './log.js';
import type {
  EntryId,
  Index,
  ReplicaId,
  SnapshotDescription,
  SnapshotOffer,
  Term,
} from './types.js';

interface Fetch {
  readonly from: ReplicaId;
  readonly term: Term;
  readonly snapshot: SnapshotDescription;
}

export class SnapshotReceiving {
  readonly #log: RaftLog;
  readonly #uninitialised: () => boolean;
  #damaged = false;
  #fetch: Fetch | undefined;
  #fetchIsNews = false;

  constructor(log: RaftLog, uninitialised: () => boolean) {
    this.#log = log;
    this.#uninitialised = uninitialised;
  }

  /** Nothing but a snapshot helps, whatever the leader's log still holds. */
  get wanted(): boolean {
    return this.#damaged || this.uninitialised;
  }

  get uninitialised(): boolean {
    return this.#uninitialised();
  }

  /** A snapshot of less would take back what is applied, or leave a gap before the log. */
  get atLeast(): Index {
    return Math.max(this.#log.applied, this.#log.mark.index);
  }

  /** The state is the group's: entries may be applied, reads granted, elections won. */
  get stateIsWhole(): boolean {
    return !this.wanted && !this.#log.installing;
  }

  get fetching(): SnapshotDescription | undefined {
    return this.#fetch?.snapshot;
  }

  damaged(): void {
    this.#damaged = true;
  }

  /**
   * The index to acknowledge when the log makes the snapshot superfluous; otherwise undefined,
   * and it is fetched unless it is of no use.
   */
  offered(offer: SnapshotOffer): Index | undefined {
    const { snapshot } = offer;
    if (snapshot.term > offer.term) {
      throw new ImpossibleInput(`a leader of term ${offer.term} offers ${name(snapshot)}`);
    }
    if (this.#superfluous(snapshot)) return this.#log.commit;
    if (snapshot.index >= this.atLeast) this.#fetchUnlessOlder(offer);
    return undefined;
  }

  /** True when the log holds it, or more, and the state will get there by applying (D1). */
  #superfluous(snapshot: EntryId): boolean {
    this.#mustAgree(snapshot);
    if (this.wanted) return false;
    // In both logs, and committed in one: committed.
    if (this.#log.matches(snapshot)) this.#log.commitTo(snapshot.index);
    return snapshot.index <= this.#log.commit;
  }

  /** Two committed entries at one index are no Raft's doing (D12, sys 21). */
  #mustAgree(snapshot: EntryId): void {
    const { mark, commit } = this.#log;
    const known = snapshot.index >= mark.index && snapshot.index <= commit;
    if (known && !this.#log.matches(snapshot)) {
      const own = this.#log.term(snapshot.index);
      throw new ImpossibleInput(
        `a snapshot of ${name(snapshot)} was offered, ${snapshot.index}/${own} is committed here`,
      );
    }
  }

  #fetchUnlessOlder({ from, term, snapshot }: SnapshotOffer): void {
    const now = this.#fetch;
    if (now !== undefined && now.from === from) {
      const same = sameFile(now.snapshot, snapshot);
      // One leader's snapshots only become newer: this offer was overtaken by the other.
      const older = now.term === term && snapshot.index < now.snapshot.index;
      if (same || older) return;
    }
    this.#fetch = { from, term, snapshot };
    this.#fetchIsNews = true;
  }

  /** True when the log begins anew after it; the next append makes that durable. */
  received(snapshot: SnapshotDescription): boolean {
    if (this.#fetch !== undefined && this.#fetch.snapshot.index <= snapshot.index) {
      this.#fetch = undefined;
    }
    // Whatever was asked for last: it is judged by what the log is now.
    if (this.#superfluous(snapshot) || snapshot.index < this.atLeast) return false;
    const { index, term, configuration } = snapshot;
    this.#log.restore({ index, term, configuration });
    this.#damaged = false;
    return true;
  }

  /** The replica that must be told that its file was of no use, if it is still the one. */
  failed(snapshot: EntryId): ReplicaId | undefined {
    const now = this.#fetch;
    if (now?.snapshot.index !== snapshot.index || now.snapshot.term !== snapshot.term) return;
    this.#fetch = undefined;
    return now.from;
  }

  /** What to fetch, when that has changed. */
  takeFetch(): { from: ReplicaId; snapshot: SnapshotDescription } | undefined {
    // Entries have come meanwhile that make it superfluous.
    if (this.#fetch !== undefined && this.#superfluous(this.#fetch.snapshot)) {
      this.#fetch = undefined;
    }
    const news = this.#fetchIsNews;
    this.#fetchIsNews = false;
    if (this.#fetch === undefined || !news) return undefined;
    return { from: this.#fetch.from, snapshot: this.#fetch.snapshot };
  }
}

function sameFile(a: SnapshotDescription, b: SnapshotDescription): boolean {
  return a.index === b.index && a.term === b.term && a.checksum === b.checksum;
}

function name({ index, term }: EntryId): string {
  return `${index}/${term}`;
}
