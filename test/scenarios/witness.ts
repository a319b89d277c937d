/** What somebody who sees the whole cluster remembers of a scripted simulation. */
import type { Entry, GroupId, Index, NodeId, Term } from '../../src/raft/core/types.js';
import type {
  Completion,
  Observer,
  Operation,
  ProcessView,
  WorldView,
} from '../simulation/observer.js';

export interface Answered {
  readonly operation: Operation;
  readonly completion: Completion;
  readonly atMs: number;
}

export interface Leadership {
  readonly node: NodeId;
  readonly term: Term;
  readonly sinceMs: number;
}

/** The only shard of a script. */
const shard: GroupId = 1;

export class Witness implements Observer {
  readonly answers: Answered[] = [];
  /** In the order in which they began. */
  readonly leaderships: Leadership[] = [];
  /** Where in the log each value that was applied stands. */
  readonly places = new Map<string, Set<Index>>();
  /** Of the members' changes that were applied, as text. */
  readonly configurations: string[] = [];
  readonly #world: WorldView;

  constructor(world: WorldView) {
    this.#world = world;
  }

  afterEvent(node: NodeId | undefined): void {
    if (node === undefined) return;
    const status = this.#world.node(node).process?.group(shard)?.raft.status;
    if (status?.role !== 'leader') return;
    const { term } = status;
    if (this.leaderships.some((known) => known.term === term)) return;
    this.leaderships.push({ node, term, sinceMs: this.#world.nowMs });
  }

  applied(_process: ProcessView, _group: GroupId, entries: readonly Entry[]): void {
    for (const { index, data } of entries) {
      const [value] =
        Buffer.from(data)
          .toString('latin1')
          .match(/c\d+\.\d+\./) ?? [];
      if (value === undefined) continue;
      const places = this.places.get(value) ?? new Set();
      this.places.set(value, places.add(index));
    }
  }

  completed(operation: Operation, completion: Completion): void {
    this.answers.push({ operation, completion, atMs: this.#world.nowMs });
  }

  /** The node that was the newest leader at that moment. */
  leaderAt(atMs: number): NodeId {
    return this.leaderships.filter(({ sinceMs }) => sinceMs <= atMs).at(-1)?.node ?? 0;
  }

  /** Operations that were asked for in this time. */
  asked(span: { fromMs: number; toMs: number }): Answered[] {
    const { fromMs, toMs } = span;
    return this.answers.filter(
      ({ operation: { invokedMs } }) => fromMs <= invokedMs && invokedMs < toMs,
    );
  }
}

export const isRead = ({ operation }: Answered) => operation.kind === 'read';
export const isPut = ({ operation }: Answered) => operation.kind === 'put';
export const succeeded = ({ completion }: Answered) => completion.type === 'ok';
export const at =
  (node: NodeId) =>
  ({ operation }: Answered) =>
    operation.node === node;
export const notAt =
  (node: NodeId) =>
  ({ operation }: Answered) =>
    operation.node !== node;

/** A read that found nothing although a value had been acknowledged before it was asked for. */
export function forgotten(answers: readonly Answered[]): Answered[] {
  return answers.filter(({ operation: read, completion }) => {
    const nothing = completion.type === 'ok' && 'read' in completion && !completion.read.found;
    const before = (answer: Answered) =>
      isPut(answer) && succeeded(answer) && answer.atMs < read.invokedMs;
    return nothing && answers.some((answer) => answer.operation.key === read.key && before(answer));
  });
}
