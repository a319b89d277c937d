/**
 * Makes a plan that fails smaller, as long as it breaks the same invariant: less time, fewer
 * faults, fewer clients, fewer operations. What a component draws does not depend on the others,
 * so what is left behaves much as it did before.
 */
import type { RunPlan } from '../run-plan.js';
import type { RunResult } from '../simulation.js';

export interface Shrunk {
  readonly plan: RunPlan;
  readonly runs: number;
}

type Run = (plan: RunPlan) => Promise<Pick<RunResult, 'violation'>>;

/** Each costs as much as the failed run itself. */
const runsMax = 300;

export async function shrink(plan: RunPlan, run: Run): Promise<Shrunk> {
  const search = new Search(plan, run);
  await search.begin();
  let before: RunPlan;
  do {
    before = search.plan;
    await search.shortenTime();
    await search.dropFaults();
    await search.dropClients();
    await search.dropOperations();
  } while (search.plan !== before && search.runs < runsMax);
  return { plan: search.plan, runs: search.runs };
}

class Search {
  plan: RunPlan;
  runs = 0;
  readonly #run: Run;
  #invariant = '';
  #atMs = 0;

  constructor(plan: RunPlan, run: Run) {
    this.plan = plan;
    this.#run = run;
  }

  async begin(): Promise<void> {
    const { violation } = await this.#run(this.plan);
    if (violation === undefined) throw new Error('the plan does not fail');
    this.#invariant = violation.invariant;
    this.#atMs = violation.atMs;
  }

  /** Takes the candidate over when it fails in the same way. */
  async #try(candidate: RunPlan): Promise<boolean> {
    if (this.runs >= runsMax) return false;
    this.runs += 1;
    const { violation } = await this.#run(candidate);
    if (violation?.invariant !== this.#invariant) return false;
    this.plan = candidate;
    this.#atMs = violation.atMs;
    return true;
  }

  async shortenTime(): Promise<void> {
    const enough = Math.ceil(this.#atMs);
    if (enough < this.plan.durationMs) await this.#try({ ...this.plan, durationMs: enough });
    while (this.plan.durationMs > 500) {
      if (!(await this.#try({ ...this.plan, durationMs: Math.ceil(this.plan.durationMs / 2) }))) {
        break;
      }
    }
    const { durationMs, faults } = this.plan;
    const begun = faults.filter(({ atMs }) => atMs <= durationMs);
    if (begun.length < faults.length) await this.#try({ ...this.plan, faults: begun });
  }

  async dropFaults(): Promise<void> {
    const with_ = (faults: RunPlan['faults']) => ({ ...this.plan, faults });
    await this.#dropParts(() => this.plan.faults, with_);
  }

  async dropClients(): Promise<void> {
    const with_ = (clients: RunPlan['clients']) => ({ ...this.plan, clients });
    await this.#dropParts(() => this.plan.clients, with_);
  }

  /** Leaves out ever smaller stretches of a list. */
  async #dropParts<T>(
    list: () => readonly T[],
    with_: (list: readonly T[]) => RunPlan,
  ): Promise<void> {
    for (let length = list().length; length >= 1; length = Math.floor(length / 2)) {
      for (let from = 0; from < list().length; ) {
        const rest = [...list().slice(0, from), ...list().slice(from + length)];
        if (!(await this.#try(with_(rest)))) from += length;
      }
    }
  }

  /** The smallest number of operations of each client, found by halving. */
  async dropOperations(): Promise<void> {
    for (let i = 0; i < this.plan.clients.length; i += 1) {
      const withMost = (operationsMax: number) => ({
        ...this.plan,
        clients: this.plan.clients.map((client, j) =>
          j === i ? { ...client, operationsMax } : client,
        ),
      });
      const now = this.plan.clients[i]?.operationsMax ?? 0;
      // Nobody gets further than this in a run.
      let high = Math.min(now, 2_000);
      let low = 0;
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (await this.#try(withMost(middle))) high = middle;
        else low = middle + 1;
        if (this.runs >= runsMax) return;
      }
    }
  }
}
