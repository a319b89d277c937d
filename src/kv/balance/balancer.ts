/**
 * Lets the cluster's habits act, on the node that leads the meta group. It looks when documents
 * have changed and a while has passed, and now and then without; it decides anew in the very
 * transaction that begins the job, so that two of its kind begin one.
 */
import type { Clock } from '../../raft/clock.js';
import { KvError } from '../errors.js';
import type { Author } from './author.js';
import type { ClusterDocuments, Decision, DocumentStore } from './cluster-documents.js';
import { type Habit, nextHabit } from './habits.js';
import { beginJob, cancelJob } from './job-commands.js';
import { planDocument } from './plan-commands.js';
import type { Planner } from './planner.js';

export interface BalancerOptions {
  readonly store: DocumentStore;
  readonly planner: Planner;
  readonly clock: Clock;
  readonly logger: { info(fields: object, message: string): void };
}

/** Planning for a large cluster costs; nothing that it does is urgent within seconds. */
const periodMs = 10_000;

export class Balancer {
  readonly #options: BalancerOptions;
  #cancelPeriod: (() => void) | undefined;
  #busy = false;
  #why = 'It has not looked yet.';

  constructor(options: BalancerOptions) {
    this.#options = options;
  }

  /** What it did last, or why it does nothing, for operators. */
  get why(): string {
    return this.#why;
  }

  start(): void {
    this.#cancelPeriod ??= this.#options.clock.every(periodMs, () => void this.look());
  }

  stop(): void {
    this.#cancelPeriod?.();
    this.#cancelPeriod = undefined;
  }

  async look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const { store, logger } = this.#options;
    try {
      const habit = this.#habit(store.documents());
      this.#why = habit.why;
      if (habit.kind === 'rest') return;
      const acted = await store.transact((documents) => this.#act(documents));
      if (acted !== undefined) logger.info(acted, 'the cluster acts by itself');
    } catch (error) {
      if (!(error instanceof KvError)) throw error;
      this.#why = error.message;
    } finally {
      this.#busy = false;
    }
  }

  #habit(documents: ClusterDocuments): Habit {
    const { planner, clock } = this.#options;
    return nextHabit(documents, planner, clock.wallMs());
  }

  #act(documents: ClusterDocuments): Decision<object | undefined> {
    const habit = this.#habit(documents);
    const nowMs = this.#options.clock.wallMs();
    const author = (origin: Author['origin']): Author => {
      const { why: reason } = habit;
      return { origin, actor: origin, reason, requestId: '', nowMs, token: '' };
    };
    if (habit.kind === 'rest') return { changes: new Map(), answer: undefined };
    if (habit.kind === 'give-up') {
      const { job, why } = habit;
      const origin = documents.jobs.get(job)?.origin ?? 'balancer';
      const { changes } = cancelJob(documents, job, author(origin), 'superseded');
      return { changes, answer: { gaveUp: job, why } };
    }
    const by = author(habit.origin);
    const plan = planDocument(documents, habit.plan, by);
    const { changes, basis = [], answer } = beginJob(documents, plan, { planIsNew: true }, by);
    return { changes, basis, answer: { job: answer.id, why: habit.why } };
  }
}
