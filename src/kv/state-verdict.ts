/**
 * Whose state is right when replicas differ: the one that a majority of the voters has. During a
 * membership change it must be the same one in both sets of voters.
 */
import { majoritySize } from '../raft/core/quorum.js';
import type { ReplicaId } from '../raft/core/types.js';

export interface StateVerdict {
  /** Undefined when no majority agrees, as far as was heard. */
  readonly hash: bigint | undefined;
  /** Replicas with another hash than the majority's; empty without a majority. */
  readonly damaged: readonly ReplicaId[];
  /** Not all that were heard agree. */
  readonly differ: boolean;
}

export function stateVerdict(
  hashes: ReadonlyMap<ReplicaId, bigint>,
  quorum: { readonly voters: readonly ReplicaId[]; readonly outgoing: readonly ReplicaId[] },
): StateVerdict {
  const differ = new Set(hashes.values()).size > 1;
  const incoming = majorityOf(hashes, quorum.voters);
  const outgoing = quorum.outgoing.length === 0 ? incoming : majorityOf(hashes, quorum.outgoing);
  const hash = incoming === outgoing ? incoming : undefined;
  if (hash === undefined) return { hash, damaged: [], differ };
  const damaged = [...hashes].filter(([, own]) => own !== hash).map(([replica]) => replica);
  return { hash, damaged, differ };
}

function majorityOf(
  hashes: ReadonlyMap<ReplicaId, bigint>,
  voters: readonly ReplicaId[],
): bigint | undefined {
  const counts = new Map<bigint, number>();
  for (const voter of voters) {
    const hash = hashes.get(voter);
    if (hash === undefined) continue;
    const count = (counts.get(hash) ?? 0) + 1;
    if (count >= majoritySize(voters.length)) return hash;
    counts.set(hash, count);
  }
  return undefined;
}
