/**
 * What operators, and the cluster's own habits, want of jobs: to begin one from a plan, to pause,
 * resume, cancel or throttle it. Pure decisions over the documents; they throw KvError.
 */
import { KvError } from '../errors.js';
import { audited } from './audit-log.js';
import type { Author } from './author.js';
import type { ClusterDocuments, Decision } from './cluster-documents.js';
import { clearedAway, isExpired, nextNumber } from './document-numbers.js';
import { isActive, type JobDocument, type JobLimits, type JobStep } from './job-document.js';
import { heldShards } from './job-schedule.js';
import { stopJob } from './job-steps.js';
import { type Intent, shardsOf } from './plan.js';
import { childrenOf, type PlanDocument } from './plan-document.js';

export interface ExecuteRequest {
  readonly plan: string;
  /** Of the map as the operator saw it; missing: the plan's own. */
  readonly expectedEpoch?: number | undefined;
  readonly limits?: Partial<JobLimits> | undefined;
}

/** The job that carries the plan out; the same request again finds the same job. */
export function executePlan(
  documents: ClusterDocuments,
  request: ExecuteRequest,
  author: Author,
): Decision<JobDocument> {
  const repeated = repeatedJob(documents, author);
  if (repeated !== undefined) return { changes: new Map(), answer: repeated };
  const plan = documents.plans.get(request.plan);
  if (plan === undefined)
    throw new KvError('plan_not_found', {}, `There is no plan ${request.plan}.`);
  return beginJob(documents, plan, { ...request, planIsNew: false }, author);
}

/** `planIsNew`: it is kept together with the job. */
export function beginJob(
  documents: ClusterDocuments,
  plan: PlanDocument,
  request: Pick<ExecuteRequest, 'expectedEpoch' | 'limits'> & { readonly planIsNew: boolean },
  author: Author,
): Decision<JobDocument> {
  checkPlan(documents, plan, request.expectedEpoch, author.nowMs);
  const { map, settings } = documents;
  const { maxConcurrent, maxPerNode, maxBytesPerSecond } = settings.balancer;
  const job: JobDocument = {
    id: nextNumber(documents.jobs),
    plan: plan.id,
    goal: plan.goal,
    origin: author.origin,
    actor: author.actor,
    reason: author.reason === '' ? plan.reason : author.reason,
    baseEpoch: plan.baseEpoch,
    createdMs: author.nowMs,
    state: 'queued',
    because: 'No node drives it yet.',
    limits: { maxConcurrent, maxPerNode, maxBytesPerSecond, ...request.limits },
    steps: plan.steps.map(({ action, bytes, because }): JobStep => {
      return { action, bytes, state: 'waiting', because, requests: 0, bytesDone: 0 };
    }),
    ...(author.idempotency !== undefined && { idempotency: author.idempotency }),
    // What is only wanted differently is done with the wish.
    ...(plan.steps.length === 0 && {
      ...{ state: 'succeeded', because: 'Nothing has to be moved.' },
      ...{ startedMs: author.nowMs, endedMs: author.nowMs },
    }),
  };
  const intended = new Map(intentions(documents, plan.intents));
  const changes = [
    ...clearedAway(documents, author.nowMs),
    ...intended,
    ...(request.planIsNew ? [[`plans/${plan.id}`, plan] as const] : []),
    ...mapFor(plan, map, intended),
    [`jobs/${job.id}`, job] as const,
  ];
  const after = { plan: plan.id, goal: plan.goal, steps: job.steps.length };
  const change = { action: 'job.begin', subject: `jobs/${job.id}`, after };
  return { changes: audited(documents, author, change, changes), basis: ['map'], answer: job };
}

function children(plan: PlanDocument): number[] {
  return childrenOf(plan.steps.map(({ action }) => action));
}

function checkPlan(
  documents: ClusterDocuments,
  plan: PlanDocument,
  expectedEpoch: number | undefined,
  nowMs: number,
): void {
  const { epoch, nextGroup } = documents.map;
  const facts = { currentEpoch: epoch };
  if (expectedEpoch !== undefined && expectedEpoch !== epoch) {
    throw new KvError(
      'stale_plan',
      facts,
      `The epoch of the map is ${epoch}, not ${expectedEpoch}.`,
    );
  }
  if (plan.baseEpoch !== epoch || children(plan).some((child) => child < nextGroup)) {
    const made = `Plan ${plan.id} was made for epoch ${plan.baseEpoch} of the map`;
    const words = `${made}; it is ${epoch} now.`;
    throw new KvError('stale_plan', facts, words);
  }
  if (isExpired(plan, nowMs))
    throw new KvError('stale_plan', facts, `Plan ${plan.id} has expired.`);
  if (plan.steps.length === 0 && plan.intents.length === 0) {
    throw new KvError('nothing_to_do', {}, `Plan ${plan.id} has no steps; the goal is reached.`);
  }
  const held = heldShards(documents);
  for (const { action } of plan.steps) {
    for (const shard of shardsOf(action)) {
      const job = held.get(shard);
      if (job === undefined) continue;
      throw new KvError('shard_busy', { shard }, `Job ${job} holds shard ${shard} until it ends.`);
    }
  }
}

/** The children's numbers are taken; what a shard's document says anew is a new epoch. */
function mapFor(
  plan: PlanDocument,
  map: ClusterDocuments['map'],
  intended: ReadonlyMap<string, object>,
): [string, object][] {
  const nextGroup = Math.max(map.nextGroup, ...children(plan).map((child) => child + 1));
  const reshapes = [...intended.keys()].some((name) => name.startsWith('shards/'));
  const epoch = reshapes ? map.epoch + 1 : map.epoch;
  if (nextGroup === map.nextGroup && epoch === map.epoch) return [];
  return [['map', { ...map, epoch, nextGroup }]];
}

/** Written with the job, so that whoever plans next wants the same. */
function* intentions(
  { nodes, settings, shards }: ClusterDocuments,
  intents: readonly Intent[],
): Generator<readonly [string, object]> {
  for (const intent of intents) {
    if (intent.kind === 'draining') {
      const node = nodes.get(intent.node);
      if (node !== undefined) yield [`nodes/${node.id}`, { ...node, draining: true }];
    } else if (intent.kind === 'replicas') {
      yield ['settings', { ...settings, replicas: intent.replicas }];
    } else {
      const shard = shards.get(intent.shard);
      const readReplicas = intent.count;
      if (shard !== undefined) yield [`shards/${shard.group}`, { ...shard, readReplicas }];
    }
  }
}

function repeatedJob({ jobs }: ClusterDocuments, author: Author): JobDocument | undefined {
  return repeatedIn(jobs, author);
}

/** What a request with the same key created before. */
export function repeatedIn<T extends { readonly idempotency?: Author['idempotency'] }>(
  documents: ReadonlyMap<string, T>,
  { idempotency }: Author,
): T | undefined {
  if (idempotency === undefined) return undefined;
  for (const document of documents.values()) {
    if (document.idempotency?.key !== idempotency.key) continue;
    if (document.idempotency.fingerprint === idempotency.fingerprint) return document;
    const words = 'The key was used for another request; take a new one for each request.';
    throw new KvError('idempotency_key_reused', {}, words);
  }
  return undefined;
}

export function pauseJob(documents: ClusterDocuments, id: string, author: Author) {
  const job = activeJob(documents, id, 'be paused');
  if (job.stop !== undefined) throw ending(job);
  if (job.state === 'paused') return unchanged(job);
  return changed(documents, author, 'job.pause', job, {
    ...job,
    state: 'paused',
    because: author.reason,
  });
}

export function resumeJob(documents: ClusterDocuments, id: string, author: Author) {
  const job = activeJob(documents, id, 'be resumed');
  if (job.state !== 'paused') return unchanged(job);
  // Whoever drives jobs takes it up again.
  const state = job.startedMs === undefined ? 'queued' : 'running';
  return changed(documents, author, 'job.resume', job, { ...job, state, because: '' });
}

/** It ends at the next safe point; a job that is about to end already goes on ending. */
export function cancelJob(
  documents: ClusterDocuments,
  id: string,
  author: Author,
  as: 'cancelled' | 'superseded' = 'cancelled',
) {
  const job = activeJob(documents, id, 'be cancelled');
  if (job.stop !== undefined) return unchanged(job);
  const because = author.reason === '' ? `Cancelled by ${author.actor}.` : author.reason;
  const next = stopJob(job, { as, because }, author.nowMs);
  return changed(documents, author, 'job.cancel', job, next);
}

export function throttleJob(
  documents: ClusterDocuments,
  id: string,
  limits: Partial<JobLimits>,
  author: Author,
) {
  const job = activeJob(documents, id, 'be throttled');
  const next = { ...job, limits: { ...job.limits, ...limits } };
  return changed(documents, author, 'job.throttle', job, next);
}

function activeJob({ jobs }: ClusterDocuments, id: string, verb: string): JobDocument {
  const job = jobs.get(id);
  if (job === undefined) throw new KvError('job_not_found', {}, `There is no job ${id}.`);
  if (isActive(job)) return job;
  throw new KvError('job_ended', {}, `Job ${id} is ${job.state} and cannot ${verb}.`);
}

function ending(job: JobDocument): KvError {
  return new KvError('job_ended', {}, `Job ${job.id} is about to end: ${job.stop?.because}`);
}

function unchanged(job: JobDocument): Decision<JobDocument> {
  return { changes: new Map(), answer: job };
}

function changed(
  documents: ClusterDocuments,
  author: Author,
  action: string,
  before: JobDocument,
  after: JobDocument,
): Decision<JobDocument> {
  const summary = ({ state, limits }: JobDocument) => ({ state, limits });
  const subject = `jobs/${after.id}`;
  const change = { action, subject, before: summary(before), after: summary(after) };
  const changes = [[subject, after] as const];
  return { changes: audited(documents, author, change, changes), answer: after };
}
