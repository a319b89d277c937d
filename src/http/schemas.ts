/**
 * The shapes of the API as zod schemas: they check what fastify's routes take and give, and they
 * are the OpenAPI document. The data path does not run them (it parses by hand); they describe it.
 */
import { z } from 'zod';
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
});

export const shardSchema = z
  .object({
    shard: id,
    range: z.object({ start: id, end: id }),
    epoch: z.object({ range: id, members: id }),
    members: z.array(z.object({ node: id, replica: id })),
    leader: id.nullable().meta({ description: 'Node, as far as known here' }),
    replica: replicaSchema.nullable().meta({ description: 'The copy on the answering node' }),
  })
  .meta({ id: 'Shard' });

export const shardsSchema = z.object({ node: id, shards: z.array(shardSchema) });

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
