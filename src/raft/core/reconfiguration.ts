/**
 * The leader's side of membership changes (section 6): one at a time, each from the
 * configuration that whoever asks has seen, none before the leader has committed an entry of its
 * own term (E1, E14). A voter change takes two entries; whoever leads proposes the second one.
 *
 * Also knows when the others have learned of a change, be it that their leader is no member any
 * longer. A configuration is in force where it is applied, and the last ones to apply it may be
 * those that stay: they would then need the votes of voters that are gone for ever. So a leader
 * appends an empty entry behind a finished change. Whoever acknowledges that one has the commit
 * index of the change in its durable hard state, and when a majority has, those that left may go
 * (E9).
 */
import type { RaftLog } from './log.js';
import type { Membership } from './membership.js';
import { type Changed, changed, left, refusal, sameConfiguration } from './membership-change.js';
import type { Progress } from './progress.js';
import { voteResult } from './quorum.js';
import type { Configuration, Index, MembershipStep, ReplicaId } from './types.js';

/** How far behind a learner may be to become a voter: some round trips' worth of entries. */
export const promotionEntriesMax = 1000;

export interface ReconfigurationParts {
  readonly self: ReplicaId;
  readonly log: RaftLog;
  readonly membership: Membership;
  readonly followers: ReadonlyMap<ReplicaId, Progress>;
  /** First index of the leader's term. */
  readonly firstOwnIndex: Index;
}

export interface MembershipRequest {
  readonly expected?: Configuration;
  readonly steps: readonly MembershipStep[];
}

export class Reconfiguration {
  readonly #parts: ReconfigurationParts;
  /**
   * No entry behind this one changes the membership. A new leader does not look for one in what
   * it inherited, it waits until all of that is applied (E11).
   */
  #pendingIndex: Index;
  /** Behind the newest configuration in force here; its followers learn of it by this entry. */
  #settledIndex: Index;

  constructor(parts: ReconfigurationParts) {
    this.#parts = parts;
    this.#pendingIndex = parts.firstOwnIndex - 1;
    this.#settledIndex = parts.firstOwnIndex;
  }

  /** The configuration to append, or why there is none. */
  request({ expected, steps }: MembershipRequest): Changed {
    const { membership } = this.#parts;
    const current = membership.configuration;
    if (!this.#committedInTerm) {
      return refusal('not-ready', 'the leader has committed nothing in its term yet');
    }
    if (this.#pending || membership.joint) {
      return refusal('change-pending', 'another membership change is under way');
    }
    if (expected !== undefined && !sameConfiguration(expected, current)) {
      return refusal('configuration-differs', 'the membership is not the expected one');
    }
    const result = changed(current, steps);
    if ('refusal' in result) return result;
    return this.#notCaughtUp(steps) ?? this.#withoutQuorum(result.configuration) ?? result;
  }

  /** The configuration that ends a joint one, when it is time for it (E5). */
  get due(): Configuration | undefined {
    const { configuration, joint } = this.#parts.membership;
    if (!joint || !configuration.autoLeave || !this.#committedInTerm || this.#pending) {
      return undefined;
    }
    return left(configuration);
  }

  appended(index: Index): void {
    this.#pendingIndex = index;
  }

  /** An entry follows the configuration that has just come into force. */
  followedBy(index: Index): void {
    this.#settledIndex = index;
  }

  /** A majority knows the configuration in force here to be committed, durably. */
  get settled(): boolean {
    return this.#parts.log.commit >= this.#settledIndex;
  }

  get #committedInTerm(): boolean {
    return this.#parts.log.commit >= this.#parts.firstOwnIndex;
  }

  get #pending(): boolean {
    return this.#pendingIndex > this.#parts.log.applied;
  }

  /** A voter that must first catch up would hold up every commit until it has. */
  #notCaughtUp(steps: readonly MembershipStep[]): Changed | undefined {
    const { log, followers } = this.#parts;
    for (const step of steps) {
      if (step.kind !== 'promote') continue;
      const { replica } = step;
      const progress = followers.get(replica);
      const known = progress?.state === 'replicate' && progress.recentlyActive;
      const behind = log.lastIndex - (progress?.match ?? 0);
      if (known && behind <= promotionEntriesMax) continue;
      const how = known ? `${behind} entries behind` : 'not following the log';
      return refusal('not-caught-up', `learner ${replica} is ${how}`);
    }
    return undefined;
  }

  /** The new voters must be able to decide from the first moment. */
  #withoutQuorum({ voters, outgoing }: Configuration): Changed | undefined {
    if (outgoing.length === 0) return undefined;
    const { self, followers } = this.#parts;
    const heard = (replica: ReplicaId) =>
      replica === self || (followers.get(replica)?.recentlyActive ?? false);
    const ids = voters.map(({ replica }) => replica);
    if (voteResult({ voters: ids, outgoing: [] }, heard) === 'won') return undefined;
    const silent = ids.filter((id) => !heard(id));
    const silence = `${silent.join(', ')} silent`;
    const detail = `of the voters ${ids.join(', ')} no majority is heard: ${silence}`;
    return refusal('quorum-lost', detail);
  }
}
