/**
 * The shapes of the API as zod schemas: they check what fastify's routes take and give, and they
 * are the OpenAPI document. The data path does not run them (it parses by hand); they describe it.
 */
import { z } from 'zod';
import { membershipStepKinds } from '../kv/service.js';
import type { ProblemCode } from './problems.js';
import { problems } from './problems.js';

const id = z.int().min(0);

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Resolves on every node: what the code means' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(problems) as [ProblemCode, ...ProblemCode[]]),
    outcome: z.enum(['not_applied', 'unknown']),
    retryable: z.boolean(),
    retry_after_ms: z.int().optional(),
    request_id: z.string(),
    shard: id.optional(),
    current_revision: z.int().optional(),
    current_epoch: z.int().optional(),
    refusal: z.string().optional(),
    staleness_ms: z.int().optional(),
    leader_node: id.optional(),
    leader_address: z.string().optional(),
    limit: z.string().optional(),
    limit_bytes: z.int().optional(),
    parameter: z.string().optional(),
    header: z.string().optional(),
    feature: z.string().optional(),
    allowed: z.array(z.string()).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457; docs/ERRORS.md lists the codes' });

export const readyCheckSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  detail: z.string(),
});

export const readySchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    node: id,
    failing: z.array(z.string()).meta({ description: 'Names of the checks that fail' }),
    shards_without_majority: z.array(id),
    checks: z.array(readyCheckSchema).optional(),
  })
  .meta({ id: 'Ready' });

export const liveSchema = z.object({
  status: z.enum(['live', 'failed']),
  node: id,
  detail: z.string().optional(),
});

const transferProgressSchema = z
  .object({
    state: z.enum(['making', 'sending', 'receiving', 'installing']),
    index: id,
    bytes_done: id,
    bytes_total: id.meta({ description: '0 while it is not known' }),
  })
  .meta({ id: 'SnapshotProgress' });

const memberSchema = z
  .object({
    node: id,
    replica: id,
    role: z.enum(['voter', 'incoming', 'outgoing', 'learner']).meta({
      description: 'incoming, outgoing: in the middle of a change, voters of one side alone',
    }),
    progress: z
      .object({
        state: z.enum(['probe', 'replicate', 'snapshot']),
        match: id,
        lag: id.meta({ description: 'Entries that the leader has and the member may lack' }),
        active: z.boolean().meta({ description: 'Heard from within an election timeout' }),
      })
      .nullable()
      .meta({ description: 'What the leader knows of it; null elsewhere and for the leader' }),
    snapshot: transferProgressSchema
      .nullable()
      .meta({ description: 'The snapshot that the answering node sends it' }),
  })
  .meta({ id: 'Member' });

const replicaSchema = z.object({
  replica: id,
  role: z.enum(['follower', 'pre-candidate', 'candidate', 'leader']),
  term: id,
  leader: id.nullable(),
  first_index: id,
  last_index: id,
  commit: id,
  applied: id,
  durable: id,
  revision: id,
  behind_tail: z.boolean(),
  quorum_active: z.boolean().meta({ description: 'Meaningful on the leader only' }),
  voter: z.boolean().meta({ description: 'false: a learner, or no member (yet, or any more)' }),
  quiet: z.boolean().meta({ description: 'Nothing happens: neither ticks nor heartbeats' }),
  installing: z.boolean().meta({ description: 'Serves nothing until a snapshot is in place' }),
  damaged: z.boolean().meta({ description: 'Its state differed; it waits for a snapshot' }),
  snapshot: transferProgressSchema
    .nullable()
    .meta({ description: 'The snapshot that is made, received or installed here' }),
});

export const shardSchema = z
  .object({
    shard: id,
    range: z.object({ start: id, end: id }),
    epoch: z.object({ range: id, members: id }),
    members: z.array(memberSchema),
    changing: z.boolean().meta({ description: 'A change of the members is under way' }),
    leader: id.nullable().meta({ description: 'Node, as far as known here' }),
    replica: replicaSchema.nullable().meta({ description: 'The copy on the answering node' }),
  })
  .meta({ id: 'Shard' });

export const shardsSchema = z.object({ node: id, shards: z.array(shardSchema) });

const nodeId = z.int().min(1).max(65_535);
const membershipCommon = {
  expected_epoch: id
    .optional()
    .meta({ description: '`epoch.members` of the shard; 412 when it is another one' }),
  dry_run: z.boolean().optional().meta({ description: 'Only say what would happen' }),
};
const force = z
  .boolean()
  .optional()
  .meta({ description: 'Add it although it cannot be reached now' });

export const membershipBody = z
  .discriminatedUnion('action', [
    z.strictObject({
      action: z.literal('add'),
      node: nodeId,
      learner: z.boolean().optional().meta({ description: 'It stays a learner' }),
      force,
      ...membershipCommon,
    }),
    z.strictObject({
      action: z.enum(['promote', 'demote', 'remove']),
      node: nodeId,
      ...membershipCommon,
    }),
    z.strictObject({
      action: z.literal('replace'),
      node: nodeId,
      by: nodeId,
      force,
      ...membershipCommon,
    }),
  ])
  .meta({ id: 'MembershipRequest' });

export const membershipAnswerSchema = z
  .object({
    shard: id,
    state: z.enum(['done', 'running', 'planned']),
    changed: z.boolean(),
    detail: z.string(),
    steps: z.array(
      z.object({
        step: z.enum(membershipStepKinds),
        node: id,
        state: z.enum(['done', 'running', 'waiting']),
        detail: z.string(),
      }),
    ),
    epoch: id.meta({ description: 'For the next `expected_epoch`' }),
    members: z.array(memberSchema),
  })
  .meta({ id: 'MembershipAnswer' });

export const transferBody = z
  .strictObject({
    to: z.union([nodeId, z.literal('best')]).optional(),
    dry_run: membershipCommon.dry_run,
  })
  .meta({ id: 'TransferRequest' });

export const transferAnswerSchema = z
  .object({
    shard: id,
    state: z.enum(['done', 'planned']),
    changed: z.boolean(),
    leader: id.meta({ description: 'Node that leads now; of a dry run: that would' }),
    term: id,
    detail: z.string(),
  })
  .meta({ id: 'TransferAnswer' });

export const nodeSchema = z
  .object({
    node: id,
    self: z.boolean(),
    zone: z.string(),
    weight: z.number(),
    http_address: z.string().nullable(),
    peer_address: z.string(),
    connected: z.boolean(),
    version: z.string().nullable(),
    round_trip_ms: z.number().nullable(),
    queued_bytes: id.nullable(),
    dropped_messages: id.nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ id: 'Node' });

export const nodesSchema = z.object({
  node: id,
  cluster: z.string(),
  version: z.string(),
  nodes: z.array(nodeSchema),
});

export const errorKindSchema = z.object({
  code: z.string(),
  status: z.int(),
  title: z.string(),
  outcome: z.enum(['not_applied', 'unknown']),
  retryable: z.boolean(),
  retry_after_ms: z.int().optional(),
  advice: z.string(),
});

export const noQuery = z.strictObject({});
export const verboseQuery = z.strictObject({ verbose: z.enum(['', 'true', 'false']).optional() });
export const shardParams = z.object({ id: z.string() });

export const keyParams = z.object({
  key: z.string().meta({
    description:
      '1 to 1,024 bytes: what follows /v1/kv/ in the raw request target, percent-decoded once ' +
      'and never normalised. Slashes need no encoding.',
  }),
});
export const readQuery = z.strictObject({
  consistency: z.enum(['linearizable', 'stale']).optional(),
  max_staleness: z
    .string()
    .optional()
    .meta({ examples: ['2s', '500ms'] }),
});
const requestHeaders = {
  'kvorum-timeout': z
    .string()
    .optional()
    .meta({ examples: ['5s', '500ms'] }),
  'kvorum-forward': z.enum(['never']).optional(),
  'kvorum-request-id': z.string().optional(),
};
/** Described here, judged by `readContext`. */
export const operationHeaders = z.object({
  ...requestHeaders,
  'kvorum-forward': z
    .string()
    .optional()
    .meta({ enum: ['never'] }),
});
export const readHeadersSchema = z.object({
  'if-match': z.string().optional(),
  'if-none-match': z.string().optional(),
  ...requestHeaders,
});
export const writeHeadersSchema = z.object({
  'if-match': z.string().optional().meta({ description: 'One strong entity tag, or *' }),
  'if-none-match': z.enum(['*']).optional().meta({ description: '* : create only' }),
  ...requestHeaders,
});
export const putAnswerSchema = z
  .object({ key: z.string(), revision: id, created: z.boolean(), shard: id })
  .meta({ id: 'PutAnswer' });
export const deleteAnswerSchema = z
  .object({ deleted: z.boolean(), revision: id })
  .meta({ id: 'DeleteAnswer' });
export const valueSchema = z.string().meta({ description: 'The value, bytes as they were put' });
