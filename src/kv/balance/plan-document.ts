/**
 * A plan as the meta group keeps it: what was decided, and who wanted it. It never changes and
 * changes nothing; a job carries it out as long as the shard map is the one it was made for.
 */
import { z } from 'zod';
import type { GroupId } from '../../raft/core/types.js';
import { hashSpaceSize } from '../shard/range.js';
import type { Goal, Intent, StepAction } from './plan.js';
import type { ClusterScore } from './score.js';

const group = z.int().min(1);
const node = z.int().min(1).max(65_535);
const amount = z.number().min(0);
const role = z.enum(['voter', 'learner']);
const replicas = z.union([z.literal(1), z.literal(3), z.literal(5)]);
const firstHash = z
  .int()
  .min(1)
  .max(hashSpaceSize - 1);

/**
 * The document of a job is written anew with every state of every step, so its steps are limited;
 * what does not fit is another plan, made from the cluster as the first one leaves it.
 */
export const planStepsMax = 256;

const moveFields = { shard: group, from: node, to: node };
const addFields = { shard: group, node, role };
const removeFields = { shard: group, node };
const transferFields = { shard: group, to: node };

export const stepActionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('move'), ...moveFields }),
  z.strictObject({ kind: z.literal('add-replica'), ...addFields }),
  z.strictObject({ kind: z.literal('remove-replica'), ...removeFields }),
  z.strictObject({ kind: z.literal('transfer-leader'), ...transferFields }),
  z.strictObject({ kind: z.literal('split'), shard: group, at: firstHash, child: group }),
  z.strictObject({ kind: z.literal('merge'), left: group, right: group }),
]) satisfies z.ZodType<StepAction>;

export const goalSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('balance'), nodes: z.array(node).readonly().optional() }),
  z.strictObject({ kind: z.literal('drain'), node }),
  z.strictObject({ kind: z.literal('zone-spread') }),
  z.strictObject({ kind: z.literal('replication'), replicas }),
  z.strictObject({ kind: z.literal('repair') }),
  z.strictObject({ kind: z.literal('sizes') }),
  z.strictObject({ kind: z.literal('split'), shard: group, at: firstHash.optional() }),
  z.strictObject({ kind: z.literal('merge'), left: group, right: group }),
  z.strictObject({ kind: z.literal('read-replicas'), shard: group, count: z.int().min(0) }),
  z.strictObject({ kind: z.literal('move'), ...moveFields }),
  z.strictObject({ kind: z.literal('add-replica'), ...addFields }),
  z.strictObject({ kind: z.literal('remove-replica'), ...removeFields }),
  z.strictObject({ kind: z.literal('transfer-leader'), ...transferFields }),
]) satisfies z.ZodType<Goal>;

/** A plan of the product, or the way back from a job. */
export const purposeSchema = z.union([
  goalSchema,
  z.strictObject({ kind: z.literal('rollback'), job: z.string() }),
]);

const intentSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('draining'), node }),
  z.strictObject({ kind: z.literal('replicas'), replicas }),
  z.strictObject({ kind: z.literal('read-replicas'), shard: group, count: z.int().min(0) }),
]) satisfies z.ZodType<Intent>;

const scoreSchema = z.strictObject({
  busiest: z.number(),
  idlest: z.number(),
  busiestLeader: z.number(),
  missingReplicas: amount,
  misplacedReplicas: amount,
  zoneConflicts: amount,
}) satisfies z.ZodType<ClusterScore>;

/** Who asked for it: a person, or one of the cluster's own habits. */
export const originSchema = z.enum(['operator', 'balancer', 'repair', 'drain']);

/** What binds a repeated request to what the first one created. */
export const idempotencySchema = z.strictObject({ key: z.string(), fingerprint: z.string() });

export const plannedStepSchema = z.strictObject({
  action: stepActionSchema,
  bytes: amount,
  because: z.string(),
});

export const planDocumentSchema = z.strictObject({
  id: z.string(),
  goal: purposeSchema,
  origin: originSchema,
  actor: z.string(),
  reason: z.string(),
  baseEpoch: z.int().min(0),
  createdAtMs: amount,
  expiresAtMs: amount,
  intents: z.array(intentSchema),
  steps: z.array(plannedStepSchema).max(planStepsMax),
  bytes: amount,
  estimatedSeconds: amount,
  score: z.strictObject({ before: scoreSchema, after: scoreSchema }),
  /** The least voters that are up in any of its shards, at any moment. */
  healthyVotersMin: amount,
  warnings: z.array(z.string()),
  idempotency: idempotencySchema.optional(),
});

export type PlanDocument = z.infer<typeof planDocumentSchema>;
export type Purpose = z.infer<typeof purposeSchema>;
export type Origin = z.infer<typeof originSchema>;
export type Idempotency = z.infer<typeof idempotencySchema>;

export function actionInWords(action: StepAction): string {
  switch (action.kind) {
    case 'move':
      return `move shard ${action.shard} from node ${action.from} to node ${action.to}`;
    case 'add-replica':
      return `add a ${action.role} of shard ${action.shard} on node ${action.node}`;
    case 'remove-replica':
      return `remove the replica of shard ${action.shard} from node ${action.node}`;
    case 'transfer-leader':
      return `give the leadership of shard ${action.shard} to node ${action.to}`;
    case 'split':
      return `split shard ${action.shard} at hash ${action.at} into itself and ${action.child}`;
    case 'merge':
      return `merge shard ${action.right} into shard ${action.left}`;
  }
}

/** The groups that the actions bring into being. */
export function childrenOf(actions: readonly StepAction[]): GroupId[] {
  return actions.flatMap((action) => (action.kind === 'split' ? [action.child] : []));
}
