/**
 * What `kvorum status` reads from a node's admin answers. Only what is shown is asked for, and
 * unknown fields are let through: the node may be newer than this command.
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

export const shardsAnswer = z.object({
  shards: z.array(
    z.object({
      shard: id,
      range: z.object({ start: z.number(), end: z.number() }),
      members: z.array(z.object({ node: id })),
      leader: id.nullable(),
      replica: z
        .object({
          role: z.string(),
          term: z.number(),
          commit: z.number(),
          applied: z.number(),
          revision: z.number(),
          behind_tail: z.boolean(),
        })
        .nullable(),
    }),
  ),
});

export const readyAnswer = z.object({
  status: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).optional(),
});

export type NodesView = z.output<typeof nodesAnswer>;
export type ShardsView = z.output<typeof shardsAnswer>;
export type ReadyView = z.output<typeof readyAnswer>;
