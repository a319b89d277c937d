/** Plans become documents: made, found again, cut to what one job may hold. Pure decisions. */
import { KvError } from '../errors.js';
import { audited } from './audit-log.js';
import type { Author } from './author.js';
import type { ClusterDocuments, Decision } from './cluster-documents.js';
import { clearedAway, nextNumber } from './document-numbers.js';
import { repeatedIn } from './job-commands.js';
import { type Plan, type PlanOutcome, type Refusal, shardsOf } from './plan.js';
import { type PlanDocument, type Purpose, planStepsMax } from './plan-document.js';

/** A plan as it comes from planning, or from the way back of a job. */
export type DraftedPlan = Omit<Plan, 'goal'> & { readonly goal: Purpose };

/** Throws KvError where there is no way, or nothing to do. */
export function planFrom(outcome: PlanOutcome): DraftedPlan {
  if (outcome.kind === 'plan') return outcome.plan as DraftedPlan;
  if (outcome.kind === 'refused') throw refusalError(outcome.refusal);
  const words = [outcome.because, ...outcome.warnings].join(' ');
  throw new KvError('nothing_to_do', {}, words);
}

export function refusalError({ code, reason, next }: Refusal): KvError {
  return new KvError('plan_refused', { refusal: code }, `${reason} ${next}`);
}

/** The document, not yet kept. */
export function planDocument(
  { plans }: Pick<ClusterDocuments, 'plans'>,
  drafted: DraftedPlan,
  author: Author,
): PlanDocument {
  const steps = drafted.steps.slice(0, planStepsMax);
  const left = drafted.steps.length - steps.length;
  const more = `${left} more steps follow in plans after this one.`;
  return {
    id: nextNumber(plans),
    goal: drafted.goal,
    origin: author.origin,
    actor: author.actor,
    reason: author.reason,
    baseEpoch: drafted.baseEpoch,
    createdAtMs: drafted.createdAtMs,
    expiresAtMs: drafted.expiresAtMs,
    intents: [...drafted.intents],
    steps: steps.map(({ bytes, because, ...action }) => ({ action, bytes, because })),
    bytes: steps.reduce((sum, { bytes }) => sum + bytes, 0),
    estimatedSeconds: drafted.estimatedSeconds,
    score: drafted.score,
    healthyVotersMin: drafted.healthyVotersMin,
    warnings: left > 0 ? [...drafted.warnings, more] : [...drafted.warnings],
    ...(author.idempotency !== undefined && { idempotency: author.idempotency }),
  };
}

/** The same request again finds the same plan. */
export function keepPlan(
  documents: ClusterDocuments,
  draft: () => DraftedPlan,
  author: Author,
): Decision<PlanDocument> {
  const repeated = repeatedIn(documents.plans, author);
  if (repeated !== undefined) return { changes: new Map(), answer: repeated };
  const plan = planDocument(documents, draft(), author);
  const subject = `plans/${plan.id}`;
  const shards = new Set(plan.steps.flatMap(({ action }) => shardsOf(action)));
  const after = { goal: plan.goal, steps: plan.steps.length, shards: shards.size };
  const changes = [...clearedAway(documents, author.nowMs), [subject, plan] as const];
  const change = { action: 'plan.create', subject, after };
  return { changes: audited(documents, author, change, changes), answer: plan };
}
