/**
 * R11, R13 and R17 at the wire: nothing leaves a node that speaks of what is not on its disk,
 * nothing at all does once its disk has failed, and what was acknowledged to a leader stays for as
 * long as its term lasts.
 */
import {
  type AppendResponse,
  type GroupId,
  type Index,
  type Message,
  NOBODY,
  type NodeId,
  type Term,
  type VoteRequest,
  type VoteResponse,
} from '../../../src/raft/core/types.js';
import type { GroupMessage } from '../../../src/raft/transport/types.js';
import type { GroupWrite } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import type { Ghost } from './ghost.js';
import type { GhostLog } from './ghost-log.js';
import { nameOf } from './log-matching.js';

interface Acknowledged {
  readonly term: Term;
  readonly index: Index;
}

export class Wire implements Check {
  readonly #ghost: Ghost;
  /** The most that each replica has acknowledged in its newest term. */
  /** Who has spoken to whom here: "group/from>to". */
  readonly #speakers = new WeakMap<ProcessView, Set<string>>();
  readonly #promised = new Map<string, Acknowledged>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  received(process: ProcessView, _from: NodeId, messages: readonly GroupMessage[]): void {
    let speakers = this.#speakers.get(process);
    if (speakers === undefined) {
      speakers = new Set();
      this.#speakers.set(process, speakers);
    }
    for (const { group, message } of messages) {
      speakers.add(`${group}/${message.from}>${message.to}`);
    }
  }

  sent(process: ProcessView, _to: NodeId, messages: readonly GroupMessage[]): void {
    const logs = this.#ghost.node(process.node).durable;
    for (const { group, message } of messages) {
      const { type } = message;
      const asserts =
        type === 'append-response' ||
        type === 'vote' ||
        type === 'vote-response' ||
        type === 'pre-vote-response';
      if (!asserts) continue;
      const where = `node ${process.node}, group ${group}`;
      if (process.wal.failure !== undefined) {
        this.#ghost.violated('R17', `${where} sends a ${type} after its log has failed`);
      }
      const log = logs.get(group);
      if (log === undefined) {
        this.#ghost.violated('R11', `${where} sends a ${type} and has no durable log`);
        continue;
      }
      if (message.from !== log.replica) {
        this.#ghost.violated('R13', `${where} is replica ${log.replica}, not ${message.from}`);
      }
      if (type !== 'vote') this.#wasAsked(process, where, group, message);
      if (type === 'vote' && isElected(process, group, message)) continue;
      this.#asserts(where, group, log, message);
    }
  }

  /** G2: what was meant for a replica that was here before is answered by nobody. */
  #wasAsked(
    process: ProcessView,
    where: string,
    group: GroupId,
    { type, from, to }: Message,
  ): void {
    if (this.#speakers.get(process)?.has(`${group}/${to}>${from}`)) return;
    const what = `sends a ${type} to replica ${to}, which has not spoken to replica ${from}`;
    this.#ghost.violated('R13', `${where} ${what}`);
  }

  /** Also a batch that writes the same again must not write less. */
  writing(process: ProcessView, log: GhostLog, { group, entries, hardState }: GroupWrite): void {
    const first = entries[0];
    const said = this.#promised.get(`${group}/${log.replica}`);
    if (first === undefined || said === undefined) return;
    const term = hardState?.term ?? log.hardState.term;
    if (said.term !== term) return;
    for (let index = first.index; index <= Math.min(said.index, log.lastIndex); index += 1) {
      if (entries[index - first.index]?.term === log.termAt(index)) continue;
      const what = `discards ${nameOf(index, log.termAt(index))}, acknowledged in term ${term}`;
      this.#ghost.violated('R13', `node ${process.node}, group ${group} ${what}`);
      return;
    }
  }

  #asserts(where: string, group: GroupId, log: GhostLog, message: Message): void {
    switch (message.type) {
      case 'vote':
        this.#voteAsked(where, log, message);
        return;
      case 'vote-response':
        this.#voteGiven(where, log, message);
        return;
      case 'pre-vote-response':
        if (!message.granted) this.#termIsDurable(where, log, message);
        return;
      case 'append-response':
        this.#acknowledged(where, group, log, message);
        return;
      default:
    }
  }

  /** A node's term is never below one that it has spoken of. */
  #termIsDurable(where: string, { hardState }: GhostLog, { type, term }: Message): void {
    if (hardState.term >= term) return;
    const what = `sends a ${type} of term ${term}, durable is ${hardState.term}`;
    this.#ghost.violated('R13', `${where} ${what}`);
  }

  #voteAsked(where: string, log: GhostLog, message: VoteRequest): void {
    this.#termIsDurable(where, log, message);
    const { term, vote } = log.hardState;
    if (term !== message.term) return;
    if (vote !== message.from) {
      this.#ghost.violated('R11', `${where} campaigns in ${term} before its own vote is durable`);
    }
    if (!log.holds(message.lastIndex, message.lastTerm)) {
      const last = nameOf(message.lastIndex, message.lastTerm);
      this.#ghost.violated('R11', `${where} campaigns with ${last}, which is not durable`);
    }
  }

  #voteGiven(where: string, log: GhostLog, message: VoteResponse): void {
    this.#termIsDurable(where, log, message);
    if (!message.granted || log.hardState.term > message.term) return;
    if (log.hardState.vote === message.to) return;
    this.#ghost.violated('R11', `${where} grants ${message.to} a vote that is not durable`);
  }

  /** The log may have been cut by a later leader since; until then it holds what it said. */
  #acknowledged(where: string, group: GroupId, log: GhostLog, message: AppendResponse): void {
    this.#termIsDurable(where, log, message);
    const { index, rejected, term } = message;
    if (rejected || log.hardState.term > term || index < log.mark.index) return;
    this.#remember(group, log, { term, index });
    const own = log.termAt(index);
    if (own === undefined) {
      const what = `acknowledges ${index}, durable is ${log.lastIndex}`;
      this.#ghost.violated('R11', `${where} ${what}`);
      return;
    }
    const asked = this.#leaderTermAt(group, message);
    if (asked === undefined || asked === own) return;
    const what = `acknowledges ${nameOf(index, own)} to a leader that has ${asked} there`;
    this.#ghost.violated('R13', `${where} ${what}`);
  }

  #remember(group: GroupId, { replica }: GhostLog, { term, index }: Acknowledged): void {
    const key = `${group}/${replica}`;
    const before = this.#promised.get(key);
    if (before !== undefined && before.term === term && before.index >= index) return;
    this.#promised.set(key, { term, index });
  }

  /** What stands at the acknowledged index with the leader of that term, if it still leads. */
  #leaderTermAt(group: GroupId, { to, term, index }: AppendResponse): number | undefined {
    const configuration = this.#ghost.group(group).newestConfiguration;
    const member = configuration?.voters.find(({ replica }) => replica === to);
    if (member === undefined) return undefined;
    const raft = this.#ghost.world.node(member.node).process?.group(group)?.raft;
    const leads = raft?.role === 'leader' && raft.status.term === term;
    return leads && raft.status.self === to ? raft.termAt(index) : undefined;
  }
}

/**
 * The election is decided, and its leader may have replaced what stood in the candidate's log when
 * it began to campaign: nobody can be elected by this message any more.
 */
function isElected(process: ProcessView, group: GroupId, { term }: Message): boolean {
  const status = process.group(group)?.raft.status;
  return status !== undefined && status.term === term && status.leader !== NOBODY;
}
