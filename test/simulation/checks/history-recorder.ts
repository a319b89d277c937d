/** Writes down what clients ask and are told, and judges it when all is over. */
import type { Completion, Operation } from '../observer.js';
import type { Check } from './check.js';
import { Clocks } from './clocks.js';
import type { Ghost } from './ghost.js';
import { type Operation as Asked, History, type OperationKind, type Told } from './history.js';
import { judge } from './history-verdict.js';
import type { Outcomes } from './outcomes.js';

const kinds: Record<Operation['kind'], OperationKind> = {
  put: 'put',
  delete: 'delete',
  read: 'get',
  'stale-read': 'stale-get',
};

export class HistoryRecorder implements Check {
  readonly history = new History();
  readonly #ghost: Ghost;
  readonly #clocks: Clocks;
  readonly #outcomes: Outcomes;

  constructor(ghost: Ghost, outcomes: Outcomes) {
    this.#ghost = ghost;
    this.#outcomes = outcomes;
    this.#clocks = new Clocks(ghost.world);
  }

  invoked({ id, kind, key, value, condition, invokedMs }: Operation): void {
    const asked = { process: id, kind: kinds[kind], key, condition };
    this.history.invoke(invokedMs, { ...asked, ...(value !== undefined && { value }) });
  }

  completed(operation: Operation, completion: Completion): void {
    const { nowMs } = this.#ghost.world;
    const answer = told(operation, completion);
    const { stalenessMs, node = operation.node } = answer;
    // The answering node counts the age, and the one that was asked the time on the way.
    const clockErrorMs =
      stalenessMs === undefined
        ? {}
        : { clockErrorMs: this.#clocks.errorMs([node, operation.node], stalenessMs) };
    const { type } = completion;
    this.history.complete(type, nowMs, operation.id, { ...answer, ...clockErrorMs });
  }

  afterEvent(): void {
    this.#clocks.look();
  }

  /**
   * What became of writes that nobody answered stands in the logs. That only gives the checker an
   * order to try; whether it explains what clients were told, it sees for itself.
   */
  #withEffects(operations: readonly Asked[]): Asked[] {
    const answered = new Set(
      operations.flatMap(({ kind, key, told }) =>
        // One that found nothing names the revision of whoever was there before it.
        kind === 'delete' && told.outcome === 'deleted' ? `${key} ${told.shardRevision}` : [],
      ),
    );
    const taken = new Map<string, number>();
    return operations.map((operation) => {
      const { key, value } = operation;
      if (!isLost(operation)) return operation;
      let effectRevision = value === undefined ? undefined : this.#outcomes.revisionOf(value);
      if (operation.kind === 'delete') {
        const { condition = {} } = operation;
        const name = `${key} ${JSON.stringify(condition)}`;
        const rest = this.#outcomes
          .deletionsOf(key, condition)
          .filter((revision) => !answered.has(`${key} ${revision}`));
        effectRevision = rest[taken.get(name) ?? 0];
        taken.set(name, (taken.get(name) ?? 0) + 1);
      }
      return effectRevision === undefined ? operation : { ...operation, effectRevision };
    });
  }

  finished(): void {
    const { verdict, explanation } = judge(this.#withEffects(this.history.operations()));
    if (verdict !== 'valid') this.#ghost.violated(`history ${verdict}`, explanation);
  }
}

function isLost({ kind, status }: Asked): boolean {
  return status === 'unknown' && (kind === 'put' || kind === 'delete');
}

function told({ node }: Operation, completion: Completion): Told {
  if (completion.type !== 'ok') return { node, error: completion.code };
  if ('write' in completion) {
    const { write } = completion;
    const { outcome, shard, shardRevision } = write;
    const decided = { node: write.node, shard, shardRevision, outcome };
    const current = outcome === 'precondition-failed' ? write.current : undefined;
    return current === undefined ? decided : { ...decided, revision: current };
  }
  const { found, shard, shardRevision, stalenessMs, node: by } = completion.read;
  return {
    node: by,
    shard,
    shardRevision,
    ...(found !== undefined && { value: found.value.toString(), revision: found.revision }),
    ...(stalenessMs !== undefined && { stalenessMs }),
  };
}
