/**
 * Whether one could believe, from what clients were told, that each key is a single cell in which
 * everything happens at one moment between call and answer.
 *
 * Keys are independent of each other, so each is judged alone, by the cheapest thing that settles
 * it: a value that nobody can have left there; the order of the revisions; the order of values that
 * were written once; and in the end a search. Searches take turns, and the first that finds a
 * violation ends all: which key is the easy one to refute nobody knows before.
 */
import type { HistoryEvent } from '../../history/event.js';
import type { Operation } from '../../history/operation.js';
import { defaultLimits, type Limits } from '../limits.js';
import { type KeyVerdict, type Verdict, worst } from '../verdict.js';
import type { Action } from './action.js';
import { withoutAppends } from './appends.js';
import { Cell } from './cell.js';
import { explainRefutation, toEvidence } from './evidence.js';
import { type Finding, impossibleValue } from './impossible-values.js';
import { MemoryBudget } from './memory-budget.js';
import { type CellModel, toAction } from './models.js';
import { isWitnessed } from './revision-witness.js';
import { withKnownRevisions } from './revisions.js';
import { Search } from './search.js';
import { brokenShardRevision } from './shard-revisions.js';
import { judgeUniqueValues } from './unique-values.js';
import { resolveUnknown } from './unknown-operations.js';

const stepsAtFirst = 1_000;
/** Some ten milliseconds. */
const stepsMax = 16_000;

/** Operations that the model does not have are left to other models, and counted. */
export function checkLinearizability(
  operations: readonly Operation[],
  model: CellModel,
  limits: Limits = defaultLimits,
): Verdict {
  const deadline = performance.now() + limits.timeMs;
  const keys = splitByKey(operations, model);
  const trials = [...keys].map(([key, actions]) => new Trial(key, actions));
  for (const trial of trials) {
    if (performance.now() < deadline) trial.judgeCheaply();
  }
  if (!trials.some(({ validity }) => validity === 'invalid')) {
    searchInTurns(trials, deadline, new MemoryBudget(limits.memoryBytes));
  }
  return summarize(trials, model, operations.length);
}

/**
 * As `checkLinearizability`, in the shape that all models of histories have; and where answers tell
 * a shard's revisions these must rise over all its keys.
 */
export function linearizabilityOf(model: CellModel) {
  return {
    fs: Object.keys(model.contents),
    check(_: readonly HistoryEvent[], operations: readonly Operation[], limits: Limits): Verdict {
      const verdict = checkLinearizability(operations, model, limits);
      if (verdict.validity === 'invalid') return verdict;
      const own = operations.filter(({ f }) => Object.hasOwn(model.contents, f));
      const broken = brokenShardRevision(own);
      return broken === undefined ? verdict : { ...verdict, ...broken, validity: 'invalid' };
    },
  };
}

function splitByKey(operations: readonly Operation[], model: CellModel): Map<string, Action[]> {
  const keys = new Map<string, Action[]>();
  for (const operation of operations) {
    const action = toAction(operation, model);
    if (action === undefined) continue;
    const key = operation.key ?? '';
    const ofKey = keys.get(key);
    if (ofKey === undefined) keys.set(key, [action]);
    else ofKey.push(action);
  }
  return keys;
}

/** One key on its way to a verdict. */
class Trial {
  readonly key: string;
  readonly #actions: readonly Action[];
  validity: KeyVerdict['validity'] | undefined;
  method: KeyVerdict['method'] = 'rule';
  finding: Finding | undefined;
  evidence: KeyVerdict['evidence'];
  milliseconds = 0;
  #cell: Cell | undefined;
  #search: Search | undefined;

  constructor(key: string, actions: readonly Action[]) {
    this.key = key;
    this.#actions = actions;
  }

  /** By everything that takes hardly longer than reading the history. */
  judgeCheaply(): void {
    this.#timed(() => {
      const finding = impossibleValue(this.#actions);
      if (finding !== undefined) return this.#refute(finding);
      const happened = withKnownRevisions(this.#actions).filter(
        ({ operation }) => operation.status !== 'fail' && operation.consistency !== 'stale',
      );
      const plain = this.#withoutAppends(happened);
      if (plain === undefined) return;
      const actions = resolveUnknown(plain);
      this.#cell = new Cell(actions);
      if (isWitnessed(this.#cell)) {
        this.validity = 'valid';
        this.method = 'witness';
        return;
      }
      const unique = judgeUniqueValues(actions);
      if (unique.validity === 'invalid') this.#refute(unique.finding);
      else if (unique.validity === 'valid') this.validity = 'valid';
    });
  }

  /** Undefined: they cannot be; it is refuted. */
  #withoutAppends(actions: readonly Action[]): readonly Action[] | undefined {
    if (!actions.some(({ kind }) => kind === 'append')) return actions;
    const plain = withoutAppends(actions);
    if (plain === undefined) return actions;
    if ('actions' in plain) return plain.actions;
    this.#refute(plain.finding);
    return undefined;
  }

  /** Whether it is settled. */
  search(budget: MemoryBudget, steps: number): boolean {
    this.method = 'search';
    return this.#timed(() => {
      const cell = this.#cell;
      if (cell === undefined) return false;
      this.#search ??= new Search(cell, budget);
      const result = this.#search.run(steps);
      if (result === undefined) return false;
      this.validity = result;
      if (result === 'invalid') {
        const refutation = this.#search.refutation();
        this.evidence = toEvidence(refutation);
        this.finding = {
          explanation: explainRefutation(refutation),
          culprits: refutation.stuck.map(({ operation }) => operation.number),
        };
      }
      // Its table is of no use any more.
      this.#search = undefined;
      return true;
    });
  }

  verdict(): KeyVerdict {
    const unknowns = this.#actions.filter(({ operation }) => operation.status === 'unknown');
    return {
      key: this.key,
      validity: this.validity ?? 'unknown',
      operations: this.#actions.length,
      unknowns: unknowns.length,
      method: this.method,
      milliseconds: Math.round(this.milliseconds * 1000) / 1000,
      ...(this.evidence !== undefined && { evidence: this.evidence }),
    };
  }

  #refute(finding: Finding): void {
    this.validity = 'invalid';
    this.finding = finding;
  }

  #timed<Result>(work: () => Result): Result {
    const began = performance.now();
    const result = work();
    this.milliseconds += performance.now() - began;
    return result;
  }
}

function searchInTurns(trials: readonly Trial[], deadline: number, budget: MemoryBudget): void {
  let waiting = trials.filter(({ validity }) => validity === undefined);
  for (let steps = stepsAtFirst; waiting.length > 0; steps = Math.min(steps * 2, stepsMax)) {
    const unsettled: Trial[] = [];
    for (const trial of waiting) {
      if (performance.now() > deadline) return;
      budget.sharers = waiting.length;
      if (!trial.search(budget, steps)) unsettled.push(trial);
      if (trial.validity === 'invalid') return;
    }
    waiting = unsettled;
  }
}

function summarize(trials: readonly Trial[], model: CellModel, operations: number): Verdict {
  const keys = trials.map((trial) => trial.verdict());
  const judged = keys.reduce((sum, key) => sum + key.operations, 0);
  const settled = keys.filter(({ validity }) => validity !== 'unknown');
  const by = (wanted: KeyVerdict['method']) =>
    settled.filter(({ method }) => method === wanted).length;
  const counts = {
    operations: judged,
    'of other models': operations - judged,
    keys: keys.length,
    unknowns: keys.reduce((sum, key) => sum + key.unknowns, 0),
    witnessed: by('witness'),
    'by rule': by('rule'),
    searched: by('search'),
    unsettled: keys.length - settled.length,
  };
  const { claim } = model;
  if (judged === 0) {
    const explanation = 'there is no operation that this model has';
    return { validity: 'unknown', claim, explanation, counts, keys, culprits: [] };
  }
  const refuted = trials.find(({ validity }) => validity === 'invalid');
  const open = trials.find(({ validity }) => validity === undefined);
  const validity = refuted === undefined ? worst(keys.map((key) => key.validity)) : 'invalid';
  const failing = refuted ?? open;
  const where = failing === undefined || failing.key === '' ? '' : `key ${failing.key}: `;
  const what =
    failing === undefined ? '' : (failing.finding?.explanation ?? 'the search was not finished');
  const culprits = refuted?.finding?.culprits ?? [];
  return { validity, claim, explanation: where + what, counts, keys, culprits };
}
