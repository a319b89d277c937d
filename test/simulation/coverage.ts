/**
 * Counts what a run has tried out. A run in which nothing happened proves nothing, and a simulator
 * whose faults do not strike is broken: the summary shows these counts, and the runner demands
 * that none of the important ones is zero.
 */
import type { NodeId } from '../../src/raft/core/types.js';
import type { GroupMessage } from '../../src/raft/transport/types.js';
import type { Completion, Death, Observer, Operation, ProcessView } from './observer.js';

export class Coverage implements Observer {
  readonly counts = new Map<string, number>();

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  sent(_process: ProcessView, _to: NodeId, messages: readonly GroupMessage[]): void {
    for (const { message } of messages) this.count(`message ${message.type}`);
  }

  started(process: ProcessView): void {
    this.count(process.incarnation === 1 ? 'first starts' : 'restarts');
  }

  failed(): void {
    this.count('nodes stopped by their disk');
  }

  died(_process: ProcessView, death: Death): void {
    this.count(death);
  }

  lost(): void {
    this.count('nodes lost');
  }

  completed({ kind, condition }: Operation, { type }: Completion): void {
    const conditional = Object.keys(condition).length > 0 ? 'conditional ' : '';
    this.count(`${conditional}${kind} ${type}`);
  }
}

/** Adds up the counts of many runs. */
export function addCounts(into: Map<string, number>, from: Iterable<readonly [string, number]>) {
  for (const [what, count] of from) into.set(what, (into.get(what) ?? 0) + count);
}
