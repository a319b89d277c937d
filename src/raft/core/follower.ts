/**
 * What a replica does with the words of the leader it follows, and what it says back: appends and
 * heartbeats (section 5.3), and snapshots (section 7). Its standing has been settled before.
 */
import {
  type AppendAnswer,
  appendResponse,
  receiveAppend,
  snapshotRequest,
} from './append-answer.js';
import type { RaftLog } from './log.js';
import type { Outbox } from './outbox.js';
import { holdsAll, poke, type Quiescence } from './quiescence.js';
import type { SnapshotReceiving } from './snapshot-receiving.js';
import type { Standing } from './standing.js';
import {
  type AppendMessage,
  type EntryId,
  type Heartbeat,
  NOBODY,
  type ReplicaId,
  type SnapshotDescription,
  type SnapshotOffer,
} from './types.js';

export interface FollowerParts {
  readonly self: ReplicaId;
  readonly log: RaftLog;
  readonly standing: Standing;
  readonly outbox: Outbox;
  readonly snapshots: SnapshotReceiving;
  readonly quiescence: Quiescence;
}

export class Follower {
  readonly #parts: FollowerParts;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  append(message: AppendMessage): void {
    const { standing, quiescence, snapshots, log } = this.#parts;
    standing.follow(message.from);
    quiescence.leaderSpoke();
    // A log that was never begun has no place where entries could follow.
    if (snapshots.uninitialised) return this.askForSnapshot();
    this.#answer(receiveAppend(log, message));
  }

  /** `waits`: somebody here waits for the leader, so this is no time to go quiet. */
  heartbeat(message: Heartbeat, waits: boolean): void {
    const { self, log, standing, outbox, snapshots, quiescence } = this.#parts;
    // A goodbye that was said before; anything else has woken this replica.
    if (quiescence.quiet) return;
    standing.follow(message.from);
    log.commitTo(message.commit);
    const settled = !waits && snapshots.stateIsWhole && quiescence.mayFollow;
    if (message.quiet && settled && holdsAll(message, log)) return quiescence.sleep();
    const ends = { from: self, to: message.from, term: message.term };
    // A leader that has gone quiet is woken by the answer.
    const context = message.quiet ? poke(ends).context : message.context;
    if (!message.quiet) quiescence.leaderSpoke();
    outbox.sendNow({ type: 'heartbeat-response', ...ends, context });
    if (snapshots.wanted && snapshots.fetching === undefined) this.askForSnapshot();
  }

  snapshotOffered(offer: SnapshotOffer): void {
    const { standing, quiescence, snapshots } = this.#parts;
    standing.follow(offer.from);
    quiescence.leaderSpoke();
    const index = snapshots.offered(offer);
    if (index !== undefined) this.#answer({ rejected: false, index });
  }

  /** The acknowledgement waits with the mark until that is durable (R10). */
  snapshotReceived(snapshot: SnapshotDescription): boolean {
    const taken = this.#parts.snapshots.received(snapshot);
    if (taken) this.#answer({ rejected: false, index: snapshot.index });
    return taken;
  }

  /** The leader learns it, for it may have to make the snapshot anew (D8). */
  snapshotFailed(snapshot: EntryId): void {
    const { snapshots, standing, log } = this.#parts;
    if (snapshots.failed(snapshot) !== standing.leader) return;
    this.#answer({ rejected: true, index: snapshot.index, hint: log.last });
  }

  askForSnapshot(): void {
    const { self, standing, outbox, snapshots } = this.#parts;
    const { leader: to, term } = standing;
    if (to === NOBODY) return;
    outbox.sendWhenDurable(snapshotRequest(snapshots.atLeast, { from: self, to, term }));
  }

  /** To the leader of now: what is said of this log is so whoever leads. */
  #answer(answer: AppendAnswer): void {
    const { self, standing, outbox } = this.#parts;
    const { leader: to, term } = standing;
    if (to === NOBODY) return;
    outbox.sendWhenDurable(appendResponse(answer, { from: self, to, term }));
  }

  /** Woken, and not by its leader, which may sleep. */
  pokeLeader(): void {
    const { self, standing, outbox } = this.#parts;
    const { leader: to, term } = standing;
    if (to !== NOBODY) outbox.sendNow(poke({ from: self, to, term }));
  }
}
