/**
 * What the admin API sees of the cluster as a whole: its documents, and everything that operators
 * may ask for. Any node takes it; what is decided is written by the meta group. All that changes
 * something rejects with KvError and then has changed nothing, unless it says otherwise.
 */
import type { NodeId } from '../../raft/core/types.js';
import type {
  BalancerSettings,
  ClusterDocuments,
  NodeDocument,
  PinDocument,
} from './cluster-documents.js';
import type { Pin } from './cluster-view.js';
import type { Explanation, Question } from './explain.js';
import type { JobDocument, JobLimits } from './job-document.js';
import type { NodeChange, NodeIntroduction } from './node-commands.js';
import type { Goal } from './plan.js';
import type { Idempotency, PlanDocument } from './plan-document.js';
import type { ClusterScore, NodeScore } from './score.js';
import type { BalancerChange } from './standing-commands.js';

export interface ClusterContext {
  readonly requestId: string;
  readonly timeoutMs: number;
  readonly actor: string;
  readonly reason: string;
  readonly idempotency?: Idempotency | undefined;
}

export interface ClusterStatus {
  readonly cluster: string;
  /** Of the configuration that the cluster began with; a node that joins needs it to be let in. */
  readonly bootstrapDigest: string;
  /** Of what nodes say to each other; a node that cannot speak it is refused. */
  readonly format: number;
  readonly meta: {
    readonly leader: NodeId | undefined;
    readonly voters: readonly NodeId[];
  };
  /** What the balancer did last, or why it does nothing; undefined where it does not run. */
  readonly balancer: string | undefined;
}

export interface BalanceReport {
  readonly epoch: number;
  readonly cluster: ClusterScore;
  readonly nodes: readonly NodeScore[];
}

/** Of a dry run: the plan, which nobody keeps. Else the job that carries it out. */
export type Undertaking =
  | { readonly kind: 'planned'; readonly plan: PlanDocument }
  | { readonly kind: 'begun'; readonly plan: PlanDocument; readonly job: JobDocument };

export interface ClusterService {
  /** As known on this node. Throws KvError when it knows nothing yet. */
  documents(): ClusterDocuments;
  onChange(run: () => void): () => void;
  status(): ClusterStatus;
  /** Unix time, as this node has it. */
  nowMs(): number;
  balance(): BalanceReport;
  /** Throws KvError. */
  explain(question: Question): Explanation;

  joinNode(introduction: NodeIntroduction, context: ClusterContext): Promise<NodeDocument>;
  changeNode(node: NodeId, change: NodeChange, context: ClusterContext): Promise<NodeDocument>;
  undrainNode(node: NodeId, context: ClusterContext): Promise<NodeDocument>;
  removeNode(node: NodeId, context: ClusterContext): Promise<NodeDocument>;

  createPlan(goal: Goal, context: ClusterContext): Promise<PlanDocument>;
  createRollbackPlan(job: string, context: ClusterContext): Promise<PlanDocument>;
  executePlan(
    plan: string,
    options: { readonly expectedEpoch?: number | undefined; readonly limits?: Partial<JobLimits> },
    context: ClusterContext,
  ): Promise<JobDocument>;
  /** Plans and executes at once; the steps are as good as read when the operator names them. */
  undertake(
    goal: Goal,
    options: { readonly dryRun: boolean; readonly expectedEpoch?: number | undefined },
    context: ClusterContext,
  ): Promise<Undertaking>;

  pauseJob(job: string, context: ClusterContext): Promise<JobDocument>;
  resumeJob(job: string, context: ClusterContext): Promise<JobDocument>;
  cancelJob(job: string, context: ClusterContext): Promise<JobDocument>;
  throttleJob(
    job: string,
    limits: Partial<JobLimits>,
    context: ClusterContext,
  ): Promise<JobDocument>;

  changeBalancer(change: BalancerChange, context: ClusterContext): Promise<BalancerSettings>;
  changeDeadAfter(deadAfterMs: number, context: ClusterContext): Promise<number>;
  addPin(pin: Omit<Pin, 'id'>, context: ClusterContext): Promise<PinDocument>;
  removePin(pin: string, context: ClusterContext): Promise<PinDocument>;
}
