/**
 * Writes down what clients ask and are told, in the format of all histories, and judges it when all
 * is over. Times are virtual, and every written value is unique, so that it names its write.
 */
import {
  type Operation as Asked,
  type HistoryEvent,
  pair,
} from '../../../jepsen-lite/checker/index.js';
import type { Completion, Operation } from '../observer.js';
import type { Check } from './check.js';
import { Clocks } from './clocks.js';
import type { Ghost } from './ghost.js';
import { judge } from './history-verdict.js';
import type { Outcomes } from './outcomes.js';

type Answer = Partial<HistoryEvent>;

export class HistoryRecorder implements Check {
  readonly events: HistoryEvent[] = [];
  readonly #ghost: Ghost;
  readonly #clocks: Clocks;
  readonly #outcomes: Outcomes;

  constructor(ghost: Ghost, outcomes: Outcomes) {
    this.#ghost = ghost;
    this.#outcomes = outcomes;
    this.#clocks = new Clocks(ghost.world);
  }

  invoked(operation: Operation): void {
    const { kind, value, condition, invokedMs } = operation;
    this.#write('invoke', operation, invokedMs, {
      condition,
      ...(value !== undefined && { value }),
      ...(kind === 'stale-read' && { consistency: 'stale' }),
    });
  }

  completed(operation: Operation, completion: Completion): void {
    const { nowMs } = this.#ghost.world;
    const { node = operation.node, ...answer } = answered(operation, completion);
    const { stalenessMs } = answer;
    // The answering node counts the age, and the one that was asked the time on the way.
    const age =
      stalenessMs === undefined
        ? {}
        : {
            clockErrorMs: this.#clocks.errorMs([node, operation.node], stalenessMs),
            servedNs: nowMs * 1e6,
          };
    const { type } = completion;
    this.#write(type, operation, nowMs, { node: String(node), ...answer, ...age });
  }

  afterEvent(): void {
    this.#clocks.look();
  }

  finished(): void {
    const { validity, explanation } = judge(this.#withEffects(pair(this.events)));
    if (validity !== 'valid') this.#ghost.violated(`history ${validity}`, explanation);
  }

  /** Each operation is a process of its own: answers are found by it. */
  #write(
    type: HistoryEvent['type'],
    { id, kind, key }: Operation,
    timeMs: number,
    more: Answer,
  ): void {
    const f = kind === 'put' || kind === 'delete' ? kind : 'get';
    this.events.push({ ...more, type, process: id, f, key, timeNs: timeMs * 1e6 });
  }

  /**
   * What became of writes that nobody answered stands in the logs. That only gives the checker an
   * order to try; whether it explains what clients were told, it sees for itself.
   */
  #withEffects(operations: readonly Asked[]): Asked[] {
    const taken = new Set(
      operations.flatMap(({ f, key, facts }) =>
        // One that found nothing names the revision of whoever was there before it.
        f === 'delete' && facts.outcome === 'deleted' ? `${key} ${facts.shardRevision}` : [],
      ),
    );
    return operations.map((operation) => {
      const { key = '', f, asked, status, condition } = operation;
      if (status !== 'unknown' || f === 'get') return operation;
      const revisions =
        typeof asked === 'string'
          ? [this.#outcomes.revisionOf(asked)]
          : this.#outcomes.deletionsOf(key, condition);
      const revision = revisions.find((each) => each !== undefined && !taken.has(`${key} ${each}`));
      if (revision === undefined) return operation;
      taken.add(`${key} ${revision}`);
      return { ...operation, facts: { ...operation.facts, shardRevision: revision } };
    });
  }
}

function answered(
  { node }: Operation,
  completion: Completion,
): Omit<Answer, 'node'> & { node?: number } {
  if (completion.type !== 'ok') return { node, error: completion.code };
  if ('write' in completion) {
    const { write } = completion;
    const { outcome, shard, shardRevision } = write;
    const decided = { node: write.node, shard, shardRevision, outcome };
    if (outcome !== 'precondition-failed') return decided;
    return { ...decided, revision: write.current ?? 0 };
  }
  const { found, shard, shardRevision, stalenessMs, node: by } = completion.read;
  return {
    node: by,
    shard,
    shardRevision,
    value: found?.value.toString() ?? null,
    ...(found !== undefined && { revision: found.revision }),
    ...(stalenessMs !== undefined && { stalenessMs }),
  };
}
