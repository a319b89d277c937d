/**
 * A job as it is kept: the steps of a plan with how far each is, what operators want of it, and
 * who drives it. Kept in the meta group, so that the loss of any node, the driver included, loses
 * nothing of it.
 *
 * What a step does to the world is not remembered here; it is found by looking at the shard. Two
 * things are remembered because no look can tell them: that a step has begun (so that a cancelled
 * job knows what may have to be undone) and that it has ended (so that it is never done again,
 * whatever others make of the shard afterwards).
 */
import { z } from 'zod';
import {
  idempotencySchema,
  originSchema,
  planStepsMax,
  purposeSchema,
  stepActionSchema,
} from './plan-document.js';

const count = z.number().min(0);

export const stepStates = [
  'waiting',
  'adding_learner',
  'catching_up',
  'promoting',
  'moving_leader',
  'removing_old',
  'splitting',
  'merging',
  'undoing',
  'done',
  'cancelled',
  'failed',
] as const;

export const jobStepSchema = z.strictObject({
  action: stepActionSchema,
  bytes: count,
  state: z.enum(stepStates),
  /** In words for an operator: what it waits for, or how it ended. */
  because: z.string(),
  /** Since when something of it may be in the world; undefined: nothing is. */
  begunMs: count.optional(),
  endedMs: count.optional(),
  /** Requests sent for it, and when the last one was. */
  requests: z.int().min(0),
  requestedMs: count.optional(),
  bytesDone: count,
  /** As it was when the step began, for the way back. */
  before: z
    .strictObject({
      leader: z.int().optional(),
      role: z.enum(['voter', 'learner']).optional(),
      /** Of a merge: the first hash of the right one. */
      at: z.int().optional(),
    })
    .optional(),
});

export const jobLimitsSchema = z.strictObject({
  /** For all copies of the job together. */
  maxBytesPerSecond: z.int().min(1),
  /** Steps under way at a time. */
  maxConcurrent: z.int().min(1),
  /** Of these, those that one node sends or receives for. */
  maxPerNode: z.int().min(1),
});

export const jobStates = [
  'queued',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
  'superseded',
] as const;

export const jobDocumentSchema = z.strictObject({
  id: z.string(),
  plan: z.string(),
  goal: purposeSchema,
  origin: originSchema,
  actor: z.string(),
  reason: z.string(),
  baseEpoch: z.int().min(0),
  createdMs: count,
  startedMs: count.optional(),
  endedMs: count.optional(),
  state: z.enum(jobStates),
  /** In words: why it waits, or how it ended. */
  because: z.string(),
  /** Set when it is to end early: no step begins, and those under way come to a safe point. */
  stop: z
    .strictObject({
      as: z.enum(['failed', 'cancelled', 'superseded']),
      because: z.string(),
      /** The step that could not be done. */
      step: z.int().min(0).optional(),
    })
    .optional(),
  limits: jobLimitsSchema,
  steps: z.array(jobStepSchema).max(planStepsMax),
  /** The node that drives it; another one takes it over by writing its own name here. */
  driver: z.int().min(1).optional(),
  idempotency: idempotencySchema.optional(),
});

export type JobDocument = z.infer<typeof jobDocumentSchema>;
export type JobStep = z.infer<typeof jobStepSchema>;
export type JobLimits = z.infer<typeof jobLimitsSchema>;
export type JobState = (typeof jobStates)[number];
export type StepState = (typeof stepStates)[number];

/** It holds its shards: no other job may touch them. */
export function isActive({ state }: Pick<JobDocument, 'state'>): boolean {
  return state === 'queued' || state === 'running' || state === 'paused';
}

export function hasEnded({ state }: Pick<JobStep, 'state'>): boolean {
  return state === 'done' || state === 'cancelled' || state === 'failed';
}

export function isUnderWay(step: Pick<JobStep, 'state' | 'begunMs'>): boolean {
  return step.begunMs !== undefined && !hasEnded(step);
}
