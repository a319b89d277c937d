/** The shapes of `/admin/v1` beyond shards, as zod schemas: bodies, parameters and answers. */
import { z } from 'zod';
import { weekdays } from '../kv/balance/cluster-documents.js';
import { jobStates, stepStates } from '../kv/balance/job-document.js';
import { goalSchema, purposeSchema, stepActionSchema } from '../kv/balance/plan-document.js';
import { weightMax, weightMin, zoneCharactersMax } from '../kv/cluster-configuration.js';
import { operationHeaders } from './schemas.js';

const id = z.int().min(0);
const group = z.int().min(1);
const node = z.int().min(1).max(65_535);
const time = z.iso.datetime().nullable();
const reason = z
  .string()
  .max(500)
  .optional()
  .meta({ description: 'For the audit log: why this is done' });
const address = z.string().min(3).max(300);
const zone = z.string().min(1).max(zoneCharactersMax);
const weight = z.number().min(weightMin).max(weightMax);

export const numberParams = z.object({ id: z.string() });
export const dryRunQuery = z.strictObject({
  dry_run: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only say what would be done' }),
});
export const creatingHeaders = operationHeaders.extend({
  'idempotency-key': z
    .string()
    .optional()
    .meta({ description: 'The same request again with this key creates nothing new' }),
});
export const executingHeaders = creatingHeaders.extend({
  'if-match': z
    .string()
    .optional()
    .meta({ description: 'The epoch of the shard map, as an entity tag: "42"' }),
});

/** The body of requests that need no more than a reason, and may have none at all. */
export const reasonBody = z.strictObject({ reason }).nullish().meta({ id: 'Reason' });

const nodeFields = { zone, weight, peer_address: address, http_address: address };
export const joinBody = z
  .strictObject({
    zone: zone.optional().meta({ description: 'By default the id that it gets' }),
    weight: weight.optional(),
    peer_address: address,
    http_address: address,
    version: z.string().max(100),
    store_id: z.string().min(1).max(100),
  })
  .meta({ id: 'JoinRequest' });
export const nodeChangeBody = z
  .strictObject({ ...z.object(nodeFields).partial().shape, reason })
  .meta({ id: 'NodeChange' });
export const nodeDocumentSchema = z
  .object({
    node: id,
    ...nodeFields,
    version: z.string(),
    state: z.enum(['up', 'suspect', 'dead']),
    state_since: time,
    draining: z.boolean(),
    shards: z.int().meta({ description: 'Replicas that the map has on it' }),
  })
  .meta({ id: 'ClusterNode' });
export const joinAnswerSchema = z
  .object({
    node_id: id,
    cluster_id: z.string(),
    bootstrap_digest: z.string(),
    format: z.int(),
    nodes: z.array(nodeDocumentSchema),
  })
  .meta({ id: 'JoinAnswer' });

export const clusterSchema = z
  .object({
    cluster_id: z.string(),
    epoch: id.meta({ description: 'Of the shard map; steps with every change of it' }),
    shards: id,
    nodes: z.object({ up: id, suspect: id, dead: id, draining: id }),
    replicas: z.int(),
    dead_after_ms: id,
    meta: z.object({ leader: id.nullable(), voters: z.array(id) }),
    jobs: z.object({ active: id }),
  })
  .meta({ id: 'Cluster' });
export const clusterBody = z
  .strictObject({
    dead_after_ms: z
      .int()
      .min(10_000)
      .max(7 * 86_400_000),
    reason,
  })
  .meta({ id: 'ClusterChange' });

const scoreSchema = z.object({
  busiest: z.number(),
  idlest: z.number(),
  busiest_leader: z.number(),
  missing_replicas: z.number(),
  misplaced_replicas: z.number(),
  zone_conflicts: z.number(),
});
export const balanceSchema = z
  .object({
    epoch: id,
    score: scoreSchema,
    nodes: z.array(
      z.object({
        node: id,
        score: z.number().meta({ description: 'What it carries against its share; 1 is even' }),
        replicas: id,
        leaders: id,
        bytes: z.number(),
        reads_per_second: z.number(),
        writes_per_second: z.number(),
        load: z.number().meta({ description: 'In mean shards' }),
        load_by: z.object({ presence: z.number(), bytes: z.number(), requests: z.number() }),
        share: z.number(),
        bound: z.number(),
      }),
    ),
  })
  .meta({ id: 'Balance' });

const ruleSchema = z.object({ rule: z.string(), decision: z.string(), because: z.string() });
export const explainBody = z
  .strictObject({ shard: group, node: node.optional() })
  .meta({ id: 'Question' });
export const explanationSchema = z
  .object({
    shard: id,
    can_stay: z.boolean(),
    can_move: z.boolean(),
    rules: z.array(ruleSchema),
    ring: z.array(id).meta({ description: 'Where the ring places it' }),
    members: z.array(
      z.object({
        node: id,
        role: z.enum(['voter', 'learner']),
        can_stay: z.boolean(),
        can_leave: z.boolean(),
        rules: z.array(ruleSchema),
      }),
    ),
    nodes: z.array(
      z.object({ node: id, decision: z.string(), rank: id, rules: z.array(ruleSchema) }),
    ),
  })
  .meta({ id: 'Explanation' });

export const planBody = z.strictObject({ goal: goalSchema, reason }).meta({ id: 'PlanRequest' });
export const planSchema = z
  .object({
    plan: z.string(),
    goal: purposeSchema,
    origin: z.enum(['operator', 'balancer', 'repair', 'drain']),
    actor: z.string(),
    reason: z.string(),
    base_epoch: id,
    created_at: time,
    expires_at: time,
    executable: z.boolean().meta({ description: 'The map is still the one it was made for' }),
    steps: z.array(
      z.object({
        action: stepActionSchema,
        what: z.string(),
        bytes: z.number(),
        because: z.string(),
      }),
    ),
    bytes: z.number(),
    estimated_seconds: z.number(),
    score: z.object({ before: scoreSchema, after: scoreSchema }),
    healthy_voters_min: z.number(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Plan' });
export const plansSchema = z.object({ plans: z.array(planSchema) });

const limitFields = {
  max_bytes_per_s: z.int().min(1),
  max_concurrent: z.int().min(1).max(256),
  max_per_node: z.int().min(1).max(256),
};
export const limitsBody = z
  .strictObject({ ...z.object(limitFields).partial().shape, reason })
  .meta({ id: 'JobLimits' });
export const executeBody = z
  .strictObject({ limits: z.strictObject(limitFields).partial().optional(), reason })
  .nullish()
  .meta({ id: 'ExecuteRequest' });
export const jobSchema = z
  .object({
    job: z.string(),
    plan: z.string(),
    goal: purposeSchema,
    origin: z.enum(['operator', 'balancer', 'repair', 'drain']),
    actor: z.string(),
    reason: z.string(),
    state: z.enum(jobStates),
    because: z.string(),
    ending: z.boolean().meta({ description: 'It comes to a safe point and then ends' }),
    base_epoch: id,
    created_at: time,
    started_at: time,
    ended_at: time,
    driver: id.nullable(),
    limits: z.object(limitFields),
    progress: z.object({
      done: id,
      under_way: id,
      waiting: id,
      failed: id,
      cancelled: id,
      bytes_done: z.number(),
      bytes_total: z.number(),
      bytes_per_second: z.number(),
      seconds_left: z.number().nullable(),
    }),
    steps: z.array(
      z.object({
        action: stepActionSchema,
        what: z.string(),
        state: z.enum(stepStates),
        because: z.string(),
        bytes: z.number(),
        bytes_done: z.number(),
        begun_at: time,
        ended_at: time,
      }),
    ),
  })
  .meta({ id: 'Job' });
export const jobsSchema = z.object({ jobs: z.array(jobSchema) });
export const undertakingSchema = z
  .object({ dry_run: z.boolean(), plan: planSchema, job: jobSchema.nullable() })
  .meta({ id: 'Undertaking' });

export const splitBody = z.strictObject({ at: z.int().optional(), reason }).nullish();
export const mergeBody = z.strictObject({ right: group, reason });
export const moveBody = z.strictObject({ from: node, to: node, reason });
export const addReplicaBody = z.strictObject({
  node,
  role: z.enum(['voter', 'learner']).optional(),
  reason,
});
export const removeReplicaBody = z.strictObject({ node, reason });

const window = z.strictObject({
  days: z.array(z.enum(weekdays)).min(1).optional(),
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time in UTC, like 22:30'),
  to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time in UTC, like 06:00'),
});
const balancerFields = {
  enabled: z.boolean(),
  paused_until: time,
  windows: z.array(window).max(50),
  ...limitFields,
  auto_split: z.strictObject({
    enabled: z.boolean(),
    bytes: z.int().min(1),
    requests_per_second: z.int().min(1),
    shards_max: z.int().min(1),
  }),
  auto_merge: z.strictObject({
    enabled: z.boolean(),
    bytes: z.int().min(0),
    requests_per_second: z.int().min(0),
    shards_min: z.int().min(1),
    quiet_ms: z.int().min(0),
  }),
};
export const balancerSchema = z
  .object({ ...balancerFields, now: z.string().nullable() })
  .meta({ id: 'Balancer' });
export const balancerBody = z
  .strictObject({
    ...z.object(balancerFields).partial().shape,
    auto_split: balancerFields.auto_split.partial().optional(),
    auto_merge: balancerFields.auto_merge.partial().optional(),
    reason,
  })
  .meta({ id: 'BalancerChange' });

const pinKind = z.enum(['replica', 'no-replica', 'leader']);
export const pinBody = z
  .strictObject({ shard: group, node, kind: pinKind, reason })
  .meta({ id: 'PinRequest' });
export const pinSchema = z
  .object({
    pin: z.string(),
    shard: id,
    node: id,
    kind: pinKind,
    actor: z.string(),
    reason: z.string(),
    created_at: time,
  })
  .meta({ id: 'Pin' });
export const pinsSchema = z.object({ pins: z.array(pinSchema) });

export const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  before: z.coerce.number().int().min(1).optional().meta({ description: 'Entries below this' }),
});
export const auditSchema = z.object({
  entries: z.array(
    z.object({
      number: id,
      at: time,
      actor: z.string(),
      action: z.string(),
      subject: z.string(),
      reason: z.string(),
      request_id: z.string(),
      before: z.record(z.string(), z.unknown()).nullable(),
      after: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
});
