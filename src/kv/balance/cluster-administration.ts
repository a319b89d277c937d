/**
 * What operators ask of the cluster, decided from the documents and written by the meta group. Runs
 * on any node; the jobs that come of it are driven by the node that leads the meta group.
 */
import type { Clock } from '../../raft/clock.js';
import { KvError } from '../errors.js';
import { madeBy } from './audit-log.js';
import type { Author } from './author.js';
import type { ClusterDocuments, Decision, DocumentStore } from './cluster-documents.js';
import type {
  BalanceReport,
  ClusterContext,
  ClusterService,
  ClusterStatus,
  Undertaking,
} from './cluster-service.js';
import { type Explanation, explain, type Question } from './explain.js';
import {
  beginJob,
  cancelJob,
  executePlan,
  pauseJob,
  repeatedIn,
  resumeJob,
  throttleJob,
} from './job-commands.js';
import type { JobDocument, JobLimits } from './job-document.js';
import {
  changeNode,
  joinNode,
  type NodeChange,
  type NodeIntroduction,
  nodeIn,
  removeNode,
  undrainNode,
} from './node-commands.js';
import { placementView } from './placement-view.js';
import type { Goal } from './plan.js';
import { keepPlan, planDocument, planFrom, refusalError } from './plan-commands.js';
import type { Planner } from './planner.js';
import { rollbackPlan } from './rollback.js';
import { clusterScore, nodeScores } from './score.js';
import {
  addPin,
  type BalancerChange,
  changeBalancer,
  changeDeadAfter,
  removePin,
} from './standing-commands.js';

export interface ClusterAdministrationOptions {
  readonly store: DocumentStore;
  readonly planner: Planner;
  readonly clock: Clock;
  readonly status: () => ClusterStatus;
  /** Never the same twice in the cluster. */
  readonly newToken: () => string;
}

type Decide<T> = (documents: ClusterDocuments, author: Author) => Decision<T>;

export class ClusterAdministration implements ClusterService {
  readonly #options: ClusterAdministrationOptions;

  constructor(options: ClusterAdministrationOptions) {
    this.#options = options;
  }

  documents(): ClusterDocuments {
    return this.#options.store.documents();
  }

  onChange(run: () => void): () => void {
    return this.#options.store.onChange(run);
  }

  status(): ClusterStatus {
    return this.#options.status();
  }

  nowMs(): number {
    return this.#options.clock.wallMs();
  }

  balance(): BalanceReport {
    const view = this.#view(this.documents());
    return { epoch: view.epoch, cluster: clusterScore(view), nodes: nodeScores(view) };
  }

  explain(question: Question): Explanation {
    const outcome = explain(this.#view(this.documents()), question);
    if (outcome.kind === 'refused') throw refusalError(outcome.refusal);
    return outcome.explanation;
  }

  joinNode(introduction: NodeIntroduction, context: ClusterContext) {
    return this.#change(
      context,
      (documents, author) => joinNode(documents, introduction, author),
      nodeOf,
    );
  }

  changeNode(node: number, change: NodeChange, context: ClusterContext) {
    return this.#change(
      context,
      (documents, author) => changeNode(documents, node, change, author),
      nodeOf,
    );
  }

  undrainNode(node: number, context: ClusterContext) {
    return this.#change(
      context,
      (documents, author) => undrainNode(documents, node, author),
      nodeOf,
    );
  }

  removeNode(node: number, context: ClusterContext) {
    // When its removal was made but not heard of, the node is gone: what it was is known here.
    const known = nodeIn(this.documents(), node);
    return this.#change(
      context,
      (documents, author) => removeNode(documents, node, author),
      () => known,
    );
  }

  createPlan(goal: Goal, context: ClusterContext) {
    const { planner } = this.#options;
    const decide: Decide<ReturnType<typeof planOf>> = (documents, author) => {
      const draft = () => planFrom(planner.plan(this.#view(documents), goal));
      return keepPlan(documents, draft, author);
    };
    return this.#change(context, decide, planOf);
  }

  createRollbackPlan(job: string, context: ClusterContext) {
    const decide: Decide<ReturnType<typeof planOf>> = (documents, author) => {
      const draft = () => rollbackPlan(this.#view(documents), jobIn(documents, job));
      return keepPlan(documents, draft, author);
    };
    return this.#change(context, decide, planOf);
  }

  executePlan(
    plan: string,
    options: { readonly expectedEpoch?: number | undefined; readonly limits?: Partial<JobLimits> },
    context: ClusterContext,
  ) {
    const request = { plan, ...options };
    return this.#change(
      context,
      (documents, author) => executePlan(documents, request, author),
      jobOf,
    );
  }

  async undertake(
    goal: Goal,
    options: { readonly dryRun: boolean; readonly expectedEpoch?: number | undefined },
    context: ClusterContext,
  ): Promise<Undertaking> {
    const { planner } = this.#options;
    const planned = (documents: ClusterDocuments, author: Author) =>
      planDocument(documents, planFrom(planner.plan(this.#view(documents), goal)), author);
    if (options.dryRun) {
      return { kind: 'planned', plan: planned(this.documents(), this.#author(context)) };
    }
    const job = await this.#change(
      context,
      (documents, author): Decision<JobDocument> => {
        const repeated = repeatedIn(documents.jobs, author);
        if (repeated !== undefined) return { changes: new Map(), answer: repeated };
        const { expectedEpoch } = options;
        const plan = planned(documents, author);
        return beginJob(documents, plan, { planIsNew: true, expectedEpoch }, author);
      },
      jobOf,
    );
    const plan = this.documents().plans.get(job.plan);
    if (plan === undefined) throw new KvError('plan_not_found', {}, `Plan ${job.plan} is gone.`);
    return { kind: 'begun', plan, job };
  }

  pauseJob(job: string, context: ClusterContext) {
    return this.#change(context, (documents, author) => pauseJob(documents, job, author), jobOf);
  }

  resumeJob(job: string, context: ClusterContext) {
    return this.#change(context, (documents, author) => resumeJob(documents, job, author), jobOf);
  }

  cancelJob(job: string, context: ClusterContext) {
    return this.#change(context, (documents, author) => cancelJob(documents, job, author), jobOf);
  }

  throttleJob(job: string, limits: Partial<JobLimits>, context: ClusterContext) {
    return this.#change(
      context,
      (documents, author) => throttleJob(documents, job, limits, author),
      jobOf,
    );
  }

  changeBalancer(change: BalancerChange, context: ClusterContext) {
    return this.#change(
      context,
      (documents, author) => changeBalancer(documents, change, author),
      ({ settings }) => settings.balancer,
    );
  }

  changeDeadAfter(deadAfterMs: number, context: ClusterContext) {
    return this.#change(
      context,
      (documents, author) => changeDeadAfter(documents, deadAfterMs, author),
      ({ settings }) => settings.deadAfterMs,
    );
  }

  addPin(pin: Parameters<ClusterService['addPin']>[0], context: ClusterContext) {
    return this.#change(context, (documents, author) => addPin(documents, pin, author), pinOf);
  }

  removePin(pin: string, context: ClusterContext) {
    const known = this.documents().pins.get(pin);
    return this.#change(
      context,
      (documents, author) => removePin(documents, pin, author),
      () => known,
    ).then((removed) => removed ?? notThere());
  }

  /**
   * `found` reads the answer when the change turns out to be made already: its first answer was
   * lost on the way here, and to decide again would do it twice or refuse it.
   */
  #change<T>(
    context: ClusterContext,
    decide: Decide<T>,
    found: (documents: ClusterDocuments, id: string) => T,
  ): Promise<T> {
    const author = this.#author(context);
    return this.#options.store.transact((documents) => {
      const subject = madeBy(documents, author.token);
      if (subject === undefined) return decide(documents, author);
      return { changes: new Map(), answer: found(documents, subject.replace(/^.*\//, '')) };
    }, context.timeoutMs);
  }

  #author({ requestId, actor, reason, idempotency }: ClusterContext): Author {
    const { clock, newToken } = this.#options;
    const given = idempotency === undefined ? {} : { idempotency };
    const nowMs = clock.wallMs();
    return { origin: 'operator', actor, reason, requestId, nowMs, token: newToken(), ...given };
  }

  #view(documents: ClusterDocuments) {
    return placementView(documents, this.#options.clock.wallMs());
  }
}

function nodeOf(documents: ClusterDocuments, id: string) {
  return nodeIn(documents, Number(id));
}

function planOf({ plans }: ClusterDocuments, id: string) {
  return plans.get(id) ?? notThere();
}

function jobOf({ jobs }: ClusterDocuments, id: string) {
  return jobs.get(id) ?? notThere();
}

function pinOf({ pins }: ClusterDocuments, id: string) {
  return pins.get(id) ?? notThere();
}

function jobIn({ jobs }: ClusterDocuments, id: string): JobDocument {
  const job = jobs.get(id);
  if (job !== undefined) return job;
  throw new KvError('job_not_found', {}, `There is no job ${id}.`);
}

/** Made, and gone again before its answer came. */
function notThere(): never {
  throw new KvError('outcome_unknown', {}, 'It was made, and is gone again.');
}
