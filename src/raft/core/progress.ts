/**
 * What a leader knows of one follower's log, and how much it may send it now.
 *
 *   probe      the match is unknown: one append at a time, the next after an answer or heartbeat
 *   replicate  the match is known: appends are pipelined within a window of messages and bytes
 *   snapshot   nothing that is kept of the log connects with the follower's: it needs a snapshot
 *
 * Invariant: `0 <= match < next`.
 */
import { InflightWindow } from './inflight-window.js';
import { invariant } from './invariant.js';
import type { Index } from './types.js';

export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export class Progress {
  state: ProgressState = 'probe';
  match: Index = 0;
  next: Index;
  /** Heard from since the last check-quorum, or new and given a period to answer in (E7). */
  active = false;
  #activeBefore = false;
  #heard = false;
  /** Probe: an append is out and unanswered. */
  probeSent = false;
  /** Something is to be said although there may be no entries: a probe, or a full window. */
  nudge = true;
  /** The commit index that the follower has been told or will be by what is in flight. */
  sentCommit: Index = 0;
  /** The greatest read round this follower has confirmed. */
  confirmedContext = 0;
  readonly inflight: InflightWindow;

  constructor(next: Index, limits: { messagesMax: number; bytesMax: number }) {
    this.next = next;
    this.inflight = new InflightWindow(limits);
  }

  /** It has answered this leader. */
  hear(): void {
    this.active = true;
    this.#heard = true;
  }

  /**
   * Has answered in this check-quorum period or the one before, be it that this one just began. The
   * period that whoever is new is given to answer in does not count.
   */
  get recentlyActive(): boolean {
    return this.#heard && (this.active || this.#activeBefore);
  }

  /** A check-quorum period is over. */
  beginPeriod(): void {
    this.#activeBefore = this.active;
    this.active = false;
  }

  get paused(): boolean {
    if (this.state === 'probe') return this.probeSent;
    return this.state === 'snapshot' || this.inflight.full;
  }

  becomeProbe(): void {
    this.state = 'probe';
    this.next = this.match + 1;
    this.probeSent = false;
    this.nudge = true;
    // What was in flight may be lost, entries and commit index alike.
    this.inflight.reset();
    this.sentCommit = 0;
  }

  /** What the follower needs next is compacted away: it may hold more than is known of it. */
  probeAfter(mark: Index): void {
    this.becomeProbe();
    this.next = Math.max(this.next, mark + 1);
  }

  becomeSnapshot(): void {
    this.state = 'snapshot';
    this.next = this.match + 1;
    this.nudge = false;
    this.inflight.reset();
  }

  #becomeReplicate(): void {
    this.state = 'replicate';
    this.next = this.match + 1;
    this.inflight.reset();
  }

  /** An append left. Optimistic in replicate: what was sent counts as arrived until refused. */
  sent(lastIndex: Index, bytes: number, commit: Index): void {
    this.sentCommit = Math.max(this.sentCommit, commit);
    this.nudge = false;
    if (this.state === 'probe') {
      this.probeSent = true;
      return;
    }
    if (lastIndex < this.next) return;
    this.next = lastIndex + 1;
    this.inflight.add(lastIndex, bytes);
  }

  /** The follower holds everything up to `index`. True when that is news or ends a probe. */
  accepted(index: Index): boolean {
    const news = index > this.match;
    this.match = Math.max(this.match, index);
    this.next = Math.max(this.next, this.match + 1);
    // An ack equal to match leaves probe as well, else a caught-up follower stays there (B11).
    if (this.state === 'probe' && index >= this.match) {
      this.#becomeReplicate();
      return true;
    }
    this.inflight.freeUpTo(index);
    return news;
  }

  /** It is heard, holds everything, and nothing is on its way to it. */
  restsAt(lastIndex: Index): boolean {
    return this.active && this.state === 'replicate' && this.match === lastIndex;
  }

  /** The probe that is out follows `index`, and the follower is not known to hold that. */
  isAt(index: Index): boolean {
    return this.state === 'probe' && this.next - 1 === index && index > this.match;
  }

  /**
   * The follower refused an append whose previous entry was `refused`; the logs may agree at
   * `hint`. False when the refusal is an old one that says nothing new (B10).
   */
  rejected(refused: Index, hint: Index): boolean {
    if (this.state === 'snapshot') return false;
    if (this.state === 'replicate') {
      if (refused <= this.match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.next - 1 !== refused) return false;
    this.next = Math.max(Math.min(refused, hint + 1), this.match + 1);
    this.probeSent = false;
    this.nudge = true;
    invariant(this.match < this.next, 'match stays below next');
    return true;
  }
}
