/** What the routes about the cluster share. */
import type { FastifyRequest } from 'fastify';
import type { ClusterContext, ClusterService } from '../../kv/balance/cluster-service.js';
import { Problem } from '../problems.js';
import type { RequestHeaders } from '../request-headers.js';
import { problemSchema } from '../schemas.js';

export interface ClusterRouteOptions {
  /** Throws a Problem where this node serves no cluster. */
  readonly cluster: () => ClusterService;
  /** Throws a Problem for headers that are not acceptable. */
  readonly context: (request: FastifyRequest) => ClusterContext;
  readonly headers: (request: FastifyRequest) => RequestHeaders;
  /** Unix time. */
  readonly nowMs: () => number;
  /** The server ends: what goes on for ever must not. */
  readonly draining: () => boolean;
}

export const tags = ['cluster'];

export const refusals = {
  400: problemSchema,
  403: problemSchema,
  404: problemSchema,
  409: problemSchema,
  412: problemSchema,
  413: problemSchema,
  415: problemSchema,
  422: problemSchema,
  503: problemSchema,
  504: problemSchema,
};

export const reading = { 404: problemSchema, 503: problemSchema };

export function nodeNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new Problem('node_not_found', { detail: `There is no node "${text.slice(0, 32)}".` });
}

export function shardNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Problem('shard_not_found', { detail: `There is no shard "${text.slice(0, 32)}".` });
}
