/**
 * What `kvorum status` and `kvorum admin` read from a node's admin answers. Only what is shown is
 * asked for, and unknown fields are let through: the node may be newer than this command.
 */
import { z } from 'zod';

const id = z.int().min(0);

export const nodesAnswer = z.object({
  node: id,
  cluster: z.string(),
  version: z.string(),
  nodes: z.array(
    z.object({
      node: id,
      self: z.boolean(),
      zone: z.string(),
      http_address: z.string().nullable(),
      peer_address: z.string(),
      connected: z.boolean(),
      version: z.string().nullable(),
      round_trip_ms: z.number().nullable(),
      last_error: z.string().nullable(),
    }),
  ),
});

const member = z.object({
  node: id,
  replica: id,
  role: z.string(),
  progress: z
    .object({ state: z.string(), match: z.number(), lag: z.number(), active: z.boolean() })
    .nullable(),
  snapshot: z.object({ bytes_done: z.number(), bytes_total: z.number() }).nullable(),
});

export const shardAnswer = z.object({
  shard: id,
  range: z.object({ start: z.number(), end: z.number() }),
  epoch: z.object({ members: z.number() }),
  members: z.array(member),
  changing: z.boolean(),
  leader: id.nullable(),
  replica: z
    .object({
      role: z.string(),
      term: z.number(),
      commit: z.number(),
      applied: z.number(),
      revision: z.number(),
      behind_tail: z.boolean(),
      voter: z.boolean(),
      quiet: z.boolean(),
      installing: z.boolean(),
      damaged: z.boolean(),
    })
    .nullable(),
});

export const shardsAnswer = z.object({ shards: z.array(shardAnswer) });

export const membershipAnswer = z.object({
  shard: id,
  state: z.enum(['done', 'running', 'planned']),
  changed: z.boolean(),
  detail: z.string(),
  steps: z.array(z.object({ step: z.string(), node: id, state: z.string(), detail: z.string() })),
  epoch: z.number(),
  members: z.array(member),
});

export const transferAnswer = z.object({
  shard: id,
  state: z.enum(['done', 'planned']),
  changed: z.boolean(),
  leader: id,
  term: z.number(),
  detail: z.string(),
});

export const readyAnswer = z.object({
  status: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).optional(),
});

export type NodesView = z.output<typeof nodesAnswer>;
export type MemberView = z.output<typeof member>;
export type ShardView = z.output<typeof shardAnswer>;
export type ShardsView = z.output<typeof shardsAnswer>;
export type ReadyView = z.output<typeof readyAnswer>;
