/**
 * R20: a leader that nobody answers steps down, and nobody makes a new term whom a majority has not
 * promised to follow.
 */
import type { Message, NodeId, ReplicaId, Term } from '../../../src/raft/core/types.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import type { ProcessView } from '../observer.js';
import { type Check, type Sight, who } from './check.js';
import { hasQuorum } from './configurations.js';
import type { Ghost } from './ghost.js';

/** What one process has heard for one group. */
class Heard {
  readonly heardMs = new Map<ReplicaId, number>();
  /** Who would vote, by term. Old answers come late, and the request waits for the disk. */
  readonly promises = new Map<Term, Set<ReplicaId>>();
  /** When silence began to count: the process ran, led and was awake. */
  countedFromMs: number | undefined;
}

export class Leaderships implements Check {
  readonly #ghost: Ghost;
  readonly #silenceMsMax: number;
  readonly #heard = new WeakMap<ProcessView, Map<number, Heard>>();

  /** `electionMs`: the shortest election timeout. */
  constructor(ghost: Ghost, electionMs: number) {
    this.#ghost = ghost;
    // Looked at once per timeout, so silence lasts two at most; ticks come late, too.
    this.#silenceMsMax = 3 * electionMs + 500;
  }

  received(process: ProcessView, _from: NodeId, messages: readonly GroupMessage[]): void {
    const { monotonicMs } = this.#ghost.world.node(process.node);
    for (const { group, message } of messages) {
      const heard = this.#of(process, group);
      heard.heardMs.set(message.from, monotonicMs);
      if (message.type === 'pre-vote-response' && message.granted) promised(heard, message);
    }
  }

  sent(process: ProcessView, _to: NodeId, messages: readonly GroupMessage[]): void {
    for (const { group, message } of messages) {
      // A transfer needs no promise: the leader itself has asked for the new term.
      if (message.type !== 'vote' || message.transfer) continue;
      const configuration = process.group(group)?.raft.membership.configuration;
      if (configuration === undefined) continue;
      const { from, term } = message;
      const promises = this.#of(process, group).promises.get(term) ?? new Set();
      if (hasQuorum(configuration, ({ replica }) => replica === from || promises.has(replica))) {
        continue;
      }
      const whose = [...promises].join(' ') || 'none';
      const what = `campaigns in term ${term} with promises of ${whose}`;
      this.#ghost.violated(
        'R20',
        `node ${process.node}, replica ${from} of group ${group} ${what}`,
      );
    }
  }

  looked(sight: Sight): void {
    const { process, id, status } = sight;
    const heard = this.#of(process, id);
    // By its own clock, which it counts its ticks with.
    const { paused, state, monotonicMs: nowMs } = this.#ghost.world.node(process.node);
    if (status.role !== 'leader' || status.quiet || paused || state !== 'running') {
      heard.countedFromMs = undefined;
      return;
    }
    heard.countedFromMs ??= nowMs;
    const sinceMs = nowMs - this.#silenceMsMax;
    if (heard.countedFromMs > sinceMs) return;
    const { configuration, self } = status;
    const answered = hasQuorum(
      configuration,
      ({ replica }) => replica === self || (heard.heardMs.get(replica) ?? 0) > sinceMs,
    );
    if (answered) return;
    const what = `leads term ${status.term}, no quorum has spoken for ${this.#silenceMsMax} ms`;
    this.#ghost.violated('R20', `${who(sight)} ${what}`);
  }

  #of(process: ProcessView, group: number): Heard {
    const groups = this.#heard.get(process) ?? new Map<number, Heard>();
    this.#heard.set(process, groups);
    const known = groups.get(group);
    if (known !== undefined) return known;
    const heard = new Heard();
    groups.set(group, heard);
    return heard;
  }
}

function promised({ promises }: Heard, { from, term }: Message): void {
  const known = promises.get(term);
  if (known === undefined) promises.set(term, new Set([from]));
  else known.add(from);
}
