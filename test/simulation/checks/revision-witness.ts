/**
 * The cheap proof. Every answer names the shard's revision at which it was decided, which is an
 * order of all operations of a key. If replaying them in this order gives the answers that were
 * given, and nobody comes after something that began when it was over already, then the history is
 * linearizable, wherever the order came from. If not, nothing is proved: somebody must search.
 */
import { type Operation, tell } from './history.js';
import { ABSENT, type RegisterModel } from './register-model.js';

/** Undefined: the history of this key is linearizable. Otherwise where the proof breaks. */
export function withoutWitness(
  operations: readonly Operation[],
  model: RegisterModel,
): string | undefined {
  const placed: { operation: Operation; revision: number; writes: boolean }[] = [];
  for (const operation of operations) {
    const revision = revisionOf(operation, model);
    // Without an answer and never seen: for the witness it did not happen.
    if (revision === undefined && operation.status === 'unknown') continue;
    if (revision === undefined) return `${tell(operation)} names no revision`;
    placed.push({ operation, revision, writes: isWrite(operation) });
  }
  placed.sort(
    (a, b) =>
      a.revision - b.revision ||
      Number(b.writes) - Number(a.writes) ||
      a.operation.invokedAt - b.operation.invokedAt,
  );
  return replay(
    placed.map(({ operation }) => operation),
    model,
  );
}

function replay(ordered: readonly Operation[], model: RegisterModel): string | undefined {
  let state = ABSENT;
  let latest: Operation | undefined;
  for (const operation of ordered) {
    if (latest !== undefined && operation.completedAt < latest.invokedAt) {
      const order = 'which by the revisions comes first';
      return `${tell(operation)} was over before ${tell(latest)}, ${order}`;
    }
    if (latest === undefined || operation.invokedAt > latest.invokedAt) latest = operation;
    const next = model.step(state, operation);
    if (next === undefined) {
      const stood = ordered.find(({ number }) => number === state);
      const found = stood === undefined ? 'nothing stood there' : `there stood ${tell(stood)}`;
      return `${tell(operation)}, but by the revisions ${found}`;
    }
    state = next;
  }
  return undefined;
}

function revisionOf(operation: Operation, model: RegisterModel): number | undefined {
  if (operation.status === 'unknown') {
    return operation.effectRevision ?? model.revisionOf(operation.number);
  }
  return operation.told.shardRevision;
}

function isWrite({ kind, status, told }: Operation): boolean {
  if (status === 'unknown') return true;
  const { outcome } = told;
  return kind === 'put' || kind === 'delete'
    ? outcome !== 'precondition-failed' && outcome !== 'absent'
    : false;
}
