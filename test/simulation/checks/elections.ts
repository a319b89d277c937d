/**
 * R1, R4 and R10: one leader a term, elected by durable votes of a quorum, each given once, and
 * holding everything that was committed before.
 */
import {
  type GroupId,
  type HardState,
  NOBODY,
  type NodeId,
  type ReplicaId,
  type Term,
} from '../../../src/raft/core/types.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import type { GroupWrite, WalBatch } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import { type Check, type Sight, who } from './check.js';
import { hasQuorum, tellConfiguration } from './configurations.js';
import type { Ghost, GhostGroup } from './ghost.js';
import type { GhostLog } from './ghost-log.js';
import { nameOf } from './log-matching.js';

export class Elections implements Check {
  readonly #ghost: Ghost;

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  /** R10: each vote once. */
  writing(_process: ProcessView, { replica }: GhostLog, { group, hardState }: GroupWrite): void {
    if (hardState !== undefined) this.#vote(this.#ghost.group(group), replica, hardState, false);
  }

  appendDurable(process: ProcessView, { writes }: WalBatch): void {
    const logs = this.#ghost.node(process.node).durable;
    for (const { group, hardState } of writes) {
      const replica = logs.get(group)?.replica;
      if (replica === undefined || hardState === undefined) continue;
      this.#vote(this.#ghost.group(group), replica, hardState, true);
    }
  }

  /** Whoever speaks as a leader is one, also when it is one no longer after this event. */
  sent(_process: ProcessView, _to: NodeId, messages: readonly GroupMessage[]): void {
    for (const { group, message } of messages) {
      const { type, from, term } = message;
      // It leaves when it is kept: written itself, or passed over by a later term in the same write
      // (seed 404884). R11 looks whether that is so.
      if (type === 'vote-response' && message.granted) {
        this.#vote(this.#ghost.group(group), from, { term, vote: message.to }, true);
      }
      if (type === 'append' || type === 'heartbeat' || type === 'snapshot') {
        this.#leads(group, from, term);
      }
    }
  }

  looked(sight: Sight): void {
    const { status, before, ghost, id } = sight;
    const { role, term, self } = status;
    if (role !== 'leader' || (before?.role === 'leader' && before.term === term)) return;
    this.#leads(id, self, term);
    this.#complete(sight);
    const configuration = ghost.configurationAt(status.applied) ?? status.configuration;
    const elected = hasQuorum(configuration, ({ replica }) => {
      const vote = ghost.vote(replica, term);
      return vote?.candidate === self && vote.durable;
    });
    if (elected) return;
    const what = `leads term ${term} without durable votes of ${tellConfiguration(configuration)}`;
    this.#ghost.violated('R14', `${who(sight)} ${what}`);
  }

  #leads(group: GroupId, replica: ReplicaId, term: Term): void {
    const { leaders } = this.#ghost.group(group);
    const other = leaders.get(term);
    if (other === undefined) leaders.set(term, replica);
    else if (other !== replica) {
      this.#ghost.violated('R1', `replicas ${other} and ${replica} of ${group} lead term ${term}`);
    }
  }

  /** What leaders of earlier terms have committed; the last one stands for all before it. */
  #complete(sight: Sight): void {
    const { status, ghost, group } = sight;
    for (let index = ghost.commitIndex; index >= status.firstIndex; index -= 1) {
      const committed = ghost.committed(index);
      if (committed === undefined || committed.committedIn >= status.term) continue;
      const own = group.raft.termAt(index);
      if (own !== committed.term) {
        const what = `lacks committed ${nameOf(index, committed.term)}, has ${own ?? 'nothing'}`;
        this.#ghost.violated('R4', `${who(sight)} leads term ${status.term} and ${what}`);
      }
      return;
    }
  }

  #vote(
    group: GhostGroup,
    replica: ReplicaId,
    hardState: Pick<HardState, 'term' | 'vote'>,
    durable: boolean,
  ): void {
    const { term, vote: candidate } = hardState;
    if (candidate === NOBODY) return;
    const known = group.vote(replica, term);
    // One that a crash took back before it was durable was never given.
    if (known?.durable && known.candidate !== candidate) {
      const what = `for ${known.candidate} and for ${candidate} in term ${term}`;
      this.#ghost.violated('R10', `replica ${replica} of group ${group.id} votes ${what}`);
    }
    if (!known?.durable) {
      group.voted(replica, term, { candidate, durable });
    }
  }
}
