/** What the newest `verify` entries of each group hashed to here, for a leader that asks. */
import type { GroupId, Index } from '../../raft/core/types.js';
import type { VerifyResult } from './types.js';

/** A leader asks within seconds of an entry; entries come a few per second at most. */
export const hashesPerGroupMax = 64;

export class SliceHashes {
  readonly #groups = new Map<GroupId, Map<Index, bigint>>();

  remember(group: GroupId, verified: VerifyResult & { outcome: 'verified' }): void {
    const hashes = this.#groups.get(group) ?? new Map<Index, bigint>();
    this.#groups.set(group, hashes);
    hashes.set(verified.index, verified.hash);
    for (const oldest of hashes.keys()) {
      if (hashes.size <= hashesPerGroupMax) break;
      hashes.delete(oldest);
    }
  }

  get(group: GroupId, index: Index): bigint | undefined {
    return this.#groups.get(group)?.get(index);
  }

  /** The state is another one now: what it hashed to before says nothing of it. */
  forget(group: GroupId): void {
    this.#groups.delete(group);
  }
}
