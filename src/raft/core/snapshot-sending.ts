/**
 * The sending side of snapshots: which followers of a leader need one, and what is offered them.
 *
 *   wanted -> asked of the host -> made -> offered, again with every heartbeat answer
 *
 * It ends when the follower's log connects with the leader's, by whatever way (D7); no report of
 * success or failure is waited for (D8). The bytes are fetched by the follower.
 */
import { ImpossibleInput } from './impossible-input.js';
import type { RaftLog } from './log.js';
import type { Index, ReplicaId, SnapshotDescription } from './types.js';

interface Sending {
  atLeast: Index;
  /** The host has been asked and has not answered. */
  asked: boolean;
  askIsDue: boolean;
  offered: SnapshotDescription | undefined;
  offerIsDue: boolean;
}

export class SnapshotSending {
  readonly #log: RaftLog;
  readonly #byReplica = new Map<ReplicaId, Sending>();

  constructor(log: RaftLog) {
    this.#log = log;
  }

  get idle(): boolean {
    return this.#byReplica.size === 0;
  }

  /** A snapshot below the log's mark would not connect with this log. */
  want(replica: ReplicaId, index: Index): void {
    const atLeast = Math.max(index, this.#log.mark.index);
    const known = this.#byReplica.get(replica);
    if (known === undefined) {
      const nothing = { asked: false, offered: undefined, offerIsDue: false };
      this.#byReplica.set(replica, { atLeast, askIsDue: true, ...nothing });
      return;
    }
    known.atLeast = Math.max(known.atLeast, atLeast);
    if (known.offered === undefined) return;
    if (known.offered.index >= atLeast) known.offerIsDue = true;
    else askAgain(known);
  }

  made(replica: ReplicaId, snapshot: SnapshotDescription | undefined): void {
    const sending = this.#byReplica.get(replica);
    if (sending === undefined) return;
    sending.asked = false;
    sending.offered = undefined;
    // None, or too old a one: asked again with the follower's next heartbeat answer. The log may
    // have been compacted beyond it while it was made.
    sending.atLeast = Math.max(sending.atLeast, this.#log.mark.index);
    if (snapshot === undefined || snapshot.index < sending.atLeast) return;
    this.#mustBeOwn(snapshot);
    sending.offered = snapshot;
    sending.offerIsDue = true;
  }

  /** Its term is that of the entry, not the one in which it was made (D9). */
  #mustBeOwn({ index, term }: SnapshotDescription): void {
    const own = this.#log.term(index);
    if (index <= this.#log.commit && (own === undefined || own === term)) return;
    throw new ImpossibleInput(
      `a snapshot of ${index}/${term} was made, the log has ${index}/${own} and ` +
        `is committed up to ${this.#log.commit}`,
    );
  }

  /** The follower is there: what was lost on the way to it is said again. */
  heard(replica: ReplicaId): void {
    const sending = this.#byReplica.get(replica);
    if (sending === undefined) return;
    if (sending.offered !== undefined) sending.offerIsDue = true;
    else if (!sending.asked) sending.askIsDue = true;
  }

  /**
   * The follower could not get the file: perhaps it is no longer there. Asked again when it is
   * heard next and not at once: its disk may be full, and then it fails as fast as it is offered.
   */
  refused(replica: ReplicaId, index: Index): void {
    const sending = this.#byReplica.get(replica);
    if (sending?.offered?.index === index) sending.offered = undefined;
  }

  /** It has what it was offered, and the log was compacted beyond that meanwhile. */
  outrun(replica: ReplicaId, index: Index): void {
    const sending = this.#byReplica.get(replica);
    if (sending?.offered === undefined || sending.offered.index > index) return;
    this.want(replica, this.#log.mark.index);
  }

  ended(replica: ReplicaId): void {
    this.#byReplica.delete(replica);
  }

  takeWanted(): { to: ReplicaId; atLeast: Index }[] {
    const wanted: { to: ReplicaId; atLeast: Index }[] = [];
    for (const [to, sending] of this.#byReplica) {
      if (!sending.askIsDue) continue;
      sending.askIsDue = false;
      sending.asked = true;
      wanted.push({ to, atLeast: sending.atLeast });
    }
    return wanted;
  }

  takeOffer(replica: ReplicaId): SnapshotDescription | undefined {
    const sending = this.#byReplica.get(replica);
    if (sending === undefined || !sending.offerIsDue) return undefined;
    sending.offerIsDue = false;
    return sending.offered;
  }
}

function askAgain(sending: Sending): void {
  sending.offered = undefined;
  sending.offerIsDue = false;
  sending.askIsDue = !sending.asked;
}
