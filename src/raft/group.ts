/**
 * One group on this node: its core, what has arrived for it since the last turn, and who waits
 * for its answers.
 *
 * Proposals wait by (index, term) and not by being "mine": a proposal that was truncated here may
 * still be committed from another log, and one proposed by a leader that stepped down may be
 * committed by its successor. Only the entry that is applied at the index tells.
 */
import { AddressBook } from './address-book.js';
import { invariant } from './core/invariant.js';
import type { Raft } from './core/raft.js';
import type {
  Configuration,
  DropReason,
  Effects,
  Entry,
  GroupId,
  Index,
  Input,
  MembershipRefusal,
  MembershipStep,
  NodeId,
  Proposal,
  ReplicaId,
  RequestId,
  Term,
} from './core/types.js';

/** What became of a proposal. `superseded`: another entry was committed in its place. */
export type ProposalOutcome =
  | { readonly status: 'applied'; readonly result: unknown; readonly index: Index }
  | { readonly status: 'not-applied'; readonly reason: DropReason | 'superseded' | 'stopped' }
  | { readonly status: 'unknown' };

/** `applied`: the configuration is in force here. Nothing of a refused change entered the log. */
export type MembershipOutcome =
  | ProposalOutcome
  | { readonly status: 'refused'; readonly reason: MembershipRefusal; readonly detail: string };

export interface MembershipChange {
  /** Refused when another configuration is in force. */
  readonly expected?: Configuration;
  readonly steps: readonly MembershipStep[];
}

/**
 * `askedMs`: the state read is not older than this moment of the node's monotonic clock.
 * `late`: the time that whoever asks would wait is over.
 */
export type ReadOutcome =
  | { readonly status: 'granted'; readonly askedMs: number }
  | { readonly status: 'dropped'; readonly reason: DropReason | 'stopped' | 'late' };

type Settle<T> = (outcome: T) => void;

interface WaitingProposal {
  readonly term: Term;
  readonly settle: Settle<ProposalOutcome>;
  /** The same index in an earlier leadership of this node. */
  readonly earlier: WaitingProposal | undefined;
}

interface ReadBatch {
  readonly askedMs: number;
  /** Nobody waits for it any longer than this. */
  endMs: number;
  readonly settles: Settle<ReadOutcome>[];
}

export class Group {
  readonly id: GroupId;
  /** This node's own replica. */
  readonly replica: ReplicaId;
  readonly raft: Raft;
  /** When this replica was last known to be current, monotonic ms; undefined before that. */
  freshMs: number | undefined;
  #inbox: Input[] = [];
  #newProposals: Proposal[] = [];
  #newReads: ReadBatch | undefined;
  #nextRequestId = 1;
  readonly #proposing = new Map<RequestId, Settle<ProposalOutcome>>();
  readonly #waitingProposals = new Map<Index, WaitingProposal>();
  readonly #asking = new Map<RequestId, ReadBatch>();
  #grantedReads: { index: Index; batch: ReadBatch }[] = [];
  readonly #changing = new Map<RequestId, Settle<MembershipOutcome>>();
  #toApply: Entry[] = [];
  readonly #addressBook = new AddressBook();

  constructor(id: GroupId, raft: Raft) {
    this.id = id;
    this.replica = raft.status.self;
    this.raft = raft;
  }

  /** Where the replica lives: a member, or one that has spoken to this replica. */
  nodeOf(replica: ReplicaId): NodeId | undefined {
    return this.raft.membership.nodeOf(replica) ?? this.#addressBook.nodeOf(replica);
  }

  /** A message came; false when a member cannot have sent it, for it lives elsewhere. */
  heardFrom(replica: ReplicaId, node: NodeId): boolean {
    const home = this.raft.membership.nodeOf(replica);
    if (home === undefined) this.#addressBook.heard(replica, node);
    return home === undefined || home === node;
  }

  receive(input: Input): void {
    this.#inbox.push(input);
  }

  propose(data: Uint8Array, settle: Settle<ProposalOutcome>): void {
    const id = this.#nextRequestId++;
    this.#proposing.set(id, settle);
    this.#newProposals.push({ id, data });
  }

  change({ expected, steps }: MembershipChange, settle: Settle<MembershipOutcome>): void {
    const id = this.#nextRequestId++;
    this.#changing.set(id, settle);
    const condition = expected === undefined ? {} : { expected };
    this.receive({ kind: 'change-membership', id, steps, ...condition });
  }

  /** All reads between two turns are one question to the leader. */
  read(time: { nowMs: number; endMs: number }, settle: Settle<ReadOutcome>): void {
    const { nowMs, endMs } = time;
    this.#newReads ??= { askedMs: nowMs, endMs, settles: [] };
    if (endMs > this.#newReads.endMs) this.#newReads.endMs = endMs;
    this.#newReads.settles.push(settle);
  }

  /**
   * Lets go of reads that nobody waits for any more. Without this a replica that is behind, or
   * whose leader does not answer, would keep every read it was ever asked for.
   */
  expireReads(nowMs: number): void {
    for (const [id, batch] of this.#asking) {
      if (batch.endMs > nowMs) continue;
      this.#asking.delete(id);
      dropReads(batch, 'late');
    }
    if (this.#grantedReads.every(({ batch }) => batch.endMs > nowMs)) return;
    for (const { batch } of this.#grantedReads) if (batch.endMs <= nowMs) dropReads(batch, 'late');
    this.#grantedReads = this.#grantedReads.filter(({ batch }) => batch.endMs > nowMs);
  }

  get waitingProposals(): number {
    return this.#proposing.size + this.#waitingProposals.size;
  }

  /** Questions to the leader that are not answered, and answers that are not applied. */
  get waitingReads(): number {
    return this.#asking.size + this.#grantedReads.length;
  }

  get inboxLength(): number {
    return this.#inbox.length;
  }

  /** Steps everything that arrived and drains the core. */
  turn(): Effects | undefined {
    const before = this.raft.membership.configuration;
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const input of inbox) this.#step(input);
    if (this.#newProposals.length > 0) {
      this.raft.step({ kind: 'propose', proposals: this.#newProposals });
      this.#newProposals = [];
    }
    if (this.#newReads !== undefined) {
      const id = this.#nextRequestId++;
      this.#asking.set(id, this.#newReads);
      this.#newReads = undefined;
      this.raft.step({ kind: 'read', id });
    }
    const effects = this.raft.drain();
    if (this.raft.membership.configuration !== before) this.#addressBook.left(before);
    if (effects !== undefined) this.#take(effects);
    return effects;
  }

  #step(input: Input): void {
    try {
      this.raft.step(input);
    } catch (error) {
      if (input.kind !== 'message' || !(error instanceof Error)) throw error;
      const { type, from } = input.message;
      const node = this.nodeOf(from);
      const whose = `${type} of node ${node} (replica ${from})`;
      throw new Error(`group ${this.id}, ${whose}: ${error.message}`, { cause: error });
    }
  }

  #take(effects: Effects): void {
    for (const { id, entry } of effects.proposed) {
      const settle = this.#proposing.get(id) ?? this.#changing.get(id);
      invariant(settle !== undefined, 'a proposal is placed once');
      this.#proposing.delete(id);
      this.#changing.delete(id);
      const earlier = this.#waitingProposals.get(entry.index);
      this.#waitingProposals.set(entry.index, { term: entry.term, settle, earlier });
    }
    for (const { id, reason } of effects.dropped) {
      this.#proposing.get(id)?.({ status: 'not-applied', reason });
      this.#proposing.delete(id);
      const batch = this.#asking.get(id);
      if (batch !== undefined) dropReads(batch, reason);
      this.#asking.delete(id);
    }
    for (const { id, reason, detail } of effects.refused) {
      this.#changing.get(id)?.({ status: 'refused', reason, detail });
      this.#changing.delete(id);
    }
    for (const { id, index } of effects.reads) {
      const batch = this.#asking.get(id);
      // It came too late and was let go.
      if (batch === undefined) continue;
      this.#asking.delete(id);
      this.#grantedReads.push({ index, batch });
    }
    for (const entry of effects.apply) this.#toApply.push(entry);
  }

  get hasApplyWork(): boolean {
    return this.#toApply.length > 0;
  }

  /** Takes the next entries to apply: at least one, then as many as fit both limits. */
  takeApplyWork(entriesMax: number, bytesMax: number): Entry[] {
    let bytes = 0;
    let count = 0;
    for (const entry of this.#toApply) {
      bytes += entry.data.length;
      if (count > 0 && (count >= entriesMax || bytes > bytesMax)) break;
      count += 1;
    }
    return this.#toApply.splice(0, count);
  }

  /** Another state takes the place of the one that these entries were for; the core knows. */
  dropApplyWork(): void {
    this.#toApply = [];
  }

  /** The state is at `index` without having applied the entries: their results are not known. */
  skippedTo(index: Index): void {
    for (const [at, waiting] of this.#waitingProposals) {
      if (at > index) continue;
      this.#waitingProposals.delete(at);
      settleUnknown(waiting);
    }
  }

  /** The entries are applied; `results` has one value for each of them. */
  applied(entries: readonly Entry[], results: readonly unknown[]): void {
    invariant(entries.length === results.length, 'every entry has a result');
    for (let i = 0; i < entries.length; i += 1) {
      const entry = entries[i];
      invariant(entry !== undefined, 'the loop stays inside the array');
      this.#settleIndex(entry, results[i]);
    }
    const last = entries[entries.length - 1];
    if (last !== undefined) this.receive({ kind: 'applied', index: last.index });
  }

  #settleIndex(entry: Entry, result: unknown): void {
    let waiting = this.#waitingProposals.get(entry.index);
    if (waiting === undefined) return;
    this.#waitingProposals.delete(entry.index);
    for (; waiting !== undefined; waiting = waiting.earlier) {
      if (waiting.term === entry.term) {
        waiting.settle({ status: 'applied', result, index: entry.index });
      } else {
        waiting.settle({ status: 'not-applied', reason: 'superseded' });
      }
    }
  }

  /** Answers the reads whose index is applied by now. */
  serveReads(applied: Index): void {
    if (this.#grantedReads.length === 0) return;
    const later: { index: Index; batch: ReadBatch }[] = [];
    for (const granted of this.#grantedReads) {
      if (granted.index > applied) {
        later.push(granted);
        continue;
      }
      const { askedMs, settles } = granted.batch;
      this.freshMs = Math.max(this.freshMs ?? askedMs, askedMs);
      for (const settle of settles) settle({ status: 'granted', askedMs });
    }
    this.#grantedReads = later;
  }

  /** The node stops: what was never proposed is not applied, the rest nobody knows. */
  stop(): void {
    for (const settle of this.#proposing.values()) {
      settle({ status: 'not-applied', reason: 'stopped' });
    }
    this.#proposing.clear();
    this.#newProposals = [];
    // They stand in the inbox until the core has seen them.
    for (const settle of this.#changing.values()) {
      settle({ status: 'not-applied', reason: 'stopped' });
    }
    this.#changing.clear();
    for (const waiting of this.#waitingProposals.values()) settleUnknown(waiting);
    this.#waitingProposals.clear();
    this.#dropAllReads('stopped');
    this.#inbox = [];
  }

  /** The state cannot be read for a while: whoever waits for it asks elsewhere. */
  dropReads(): void {
    this.#dropAllReads('not-leader');
  }

  #dropAllReads(reason: DropReason | 'stopped'): void {
    const batches = [...this.#asking.values(), ...this.#grantedReads.map(({ batch }) => batch)];
    if (this.#newReads !== undefined) batches.push(this.#newReads);
    for (const batch of batches) dropReads(batch, reason);
    this.#asking.clear();
    this.#grantedReads = [];
    this.#newReads = undefined;
  }
}

function settleUnknown(newest: WaitingProposal): void {
  for (let one: WaitingProposal | undefined = newest; one !== undefined; one = one.earlier) {
    one.settle({ status: 'unknown' });
  }
}

function dropReads(batch: ReadBatch, reason: DropReason | 'stopped' | 'late'): void {
  for (const settle of batch.settles) settle({ status: 'dropped', reason });
}
