/**
 * Linearizable reads without writing to the log (ReadIndex, dissertation section 6.4).
 *
 * The leader notes its commit index, proves with one round of heartbeats that nobody has replaced
 * it, and grants that index; whoever asked serves the read once it has applied that far. The
 * number of a round is made by the leader and never repeated, so that an answer to an old round
 * can never confirm a new one (F2). Confirming a round confirms all older ones.
 */
import { invariant } from './invariant.js';
import { type Quorum, reachedByQuorum } from './quorum.js';
import type { Index, ReplicaId, RequestId } from './types.js';

/** Who waits for a read index: reads of this replica, or a follower's question. */
export interface ReadWaiters {
  local: RequestId[];
  /** Per follower its newest context: answering that one answers its older ones too. */
  remote: Map<ReplicaId, number>;
}

interface ReadRound extends ReadWaiters {
  readonly context: number;
  readonly index: Index;
}

export interface GrantedRead extends ReadWaiters {
  readonly index: Index;
}

/** The leader's side. One instance per leadership; contexts continue across instances. */
export class ReadRounds {
  #lastContext: number;
  #waiting: ReadWaiters = { local: [], remote: new Map() };
  #rounds: ReadRound[] = [];
  #localCount = 0;

  constructor(lastContext: number) {
    this.#lastContext = lastContext;
  }

  /** The newest round's number; 0 before the first one. Heartbeats carry it. */
  get lastContext(): number {
    return this.#lastContext;
  }

  get waitingCount(): number {
    return this.#localCount;
  }

  /** Somebody waits for a round, be it under way or not. */
  get waiting(): boolean {
    const { local, remote } = this.#waiting;
    return this.#rounds.length > 0 || local.length > 0 || remote.size > 0;
  }

  addLocal(id: RequestId): void {
    this.#localCount += 1;
    this.#waiting.local.push(id);
  }

  addRemote(replica: ReplicaId, context: number): void {
    const known = this.#waiting.remote.get(replica) ?? 0;
    this.#waiting.remote.set(replica, Math.max(known, context));
  }

  /**
   * Starts one round for everything that waits. Not before the leader has committed in its own
   * term: until then its commit index may lie behind what was acknowledged (F1).
   */
  start(commit: Index, committedInTerm: boolean): boolean {
    const { local, remote } = this.#waiting;
    if (!committedInTerm || (local.length === 0 && remote.size === 0)) return false;
    this.#lastContext += 1;
    this.#rounds.push({ context: this.#lastContext, index: commit, local, remote });
    this.#waiting = { local: [], remote: new Map() };
    return true;
  }

  /** Takes out every round that a quorum has confirmed, oldest first. */
  takeConfirmed(quorum: Quorum, confirmed: (replica: ReplicaId) => number): GrantedRead[] {
    if (this.#rounds.length === 0) return [];
    const context = reachedByQuorum(quorum, confirmed);
    let count = 0;
    for (const round of this.#rounds) {
      if (round.context > context) break;
      invariant(count === 0 || round.index >= (this.#rounds[count - 1]?.index ?? 0), 'in order');
      this.#localCount -= round.local.length;
      count += 1;
    }
    return this.#rounds.splice(0, count);
  }

  /** Leadership is over: every local read that was not granted. */
  abandon(): RequestId[] {
    const ids = this.#rounds.flatMap((round) => round.local);
    ids.push(...this.#waiting.local);
    this.#localCount = 0;
    this.#rounds = [];
    this.#waiting = { local: [], remote: new Map() };
    return ids;
  }
}

/**
 * The follower's side: reads of this replica that wait for the leader's answer.
 *
 * Its numbers begin somewhere else in each process: an answer that was delayed across a restart
 * names an index of its time and must not answer a question of today (F2, again).
 */
export class ForwardedReads {
  readonly #firstContext: number;
  #lastContext: number;
  #waiting: RequestId[] = [];
  #asked: { context: number; ids: RequestId[] }[] = [];
  #askedAtTick = 0;
  #count = 0;

  constructor(firstContext: number) {
    this.#firstContext = firstContext;
    this.#lastContext = firstContext;
  }

  get waitingCount(): number {
    return this.#count;
  }

  add(id: RequestId): void {
    this.#count += 1;
    this.#waiting.push(id);
  }

  /**
   * The context to ask the leader with now, if there is something to ask: all new reads are one
   * question, and after `retryTicks` without an answer the newest number asks for the old ones.
   */
  ask(tick: number, retryTicks: number): number | undefined {
    const overdue = this.#asked.length > 0 && tick - this.#askedAtTick >= retryTicks;
    if (this.#waiting.length === 0 && !overdue) return undefined;
    this.#lastContext += 1;
    this.#askedAtTick = tick;
    if (this.#waiting.length > 0) {
      this.#asked.push({ context: this.#lastContext, ids: this.#waiting });
      this.#waiting = [];
    }
    return this.#lastContext;
  }

  /** An index taken after question `context` also covers every older question. */
  answered(context: number): RequestId[] {
    if (context <= this.#firstContext || context > this.#lastContext) return [];
    const ids: RequestId[] = [];
    let count = 0;
    for (const batch of this.#asked) {
      if (batch.context > context) break;
      for (const id of batch.ids) ids.push(id);
      count += 1;
    }
    this.#asked.splice(0, count);
    this.#count -= ids.length;
    return ids;
  }

  abandon(): RequestId[] {
    const ids = this.#asked.flatMap((batch) => batch.ids);
    ids.push(...this.#waiting);
    this.#count = 0;
    this.#asked = [];
    this.#waiting = [];
    return ids;
  }
}
