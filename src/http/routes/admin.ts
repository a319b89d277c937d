/**
 * `/admin/v1`: what this node knows of shards and nodes. Read-only; each answer is one node's
 * view, so comparing the nodes' answers shows who has fallen behind.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { KvService, NodeStatus, ShardStatus } from '../../kv/service.js';
import { Problem } from '../problems.js';
import {
  type nodeSchema,
  nodesSchema,
  noQuery,
  problemSchema,
  shardParams,
  shardSchema,
  shardsSchema,
} from '../schemas.js';
import { shardView } from '../shard-view.js';

export interface AdminOptions {
  readonly service: KvService;
}

export const adminRoutes: FastifyPluginAsyncZod<AdminOptions> = async (app, { service }) => {
  app.get(
    '/admin/v1/shards',
    {
      schema: {
        tags: ['admin'],
        summary: 'All shards: range, members, leader, and the replica of this node',
        querystring: noQuery,
        response: { 200: shardsSchema },
      },
    },
    async () => {
      const { transfers } = service.statistics().snapshots;
      const view = (shard: ShardStatus) => shardView(shard, transfers);
      return { node: service.node, shards: service.shards().map(view) };
    },
  );

  app.get(
    '/admin/v1/shards/:id',
    {
      schema: {
        tags: ['admin'],
        summary: 'One shard',
        params: shardParams,
        querystring: noQuery,
        response: { 200: shardSchema, 404: problemSchema },
      },
    },
    async (request) => {
      const { id } = request.params;
      const shard = service.shards().find((status) => String(status.shard) === id);
      if (shard === undefined) {
        throw new Problem('shard_not_found', { detail: `There is no shard "${id.slice(0, 32)}".` });
      }
      return shardView(shard, service.statistics().snapshots.transfers);
    },
  );

  app.get(
    '/admin/v1/nodes',
    {
      schema: {
        tags: ['admin'],
        summary: 'All nodes, as this one reaches them',
        querystring: noQuery,
        response: { 200: nodesSchema },
      },
    },
    async () => {
      const { node, cluster, version } = service;
      return { node, cluster, version, nodes: service.nodes().map(nodeView) };
    },
  );
};

function nodeView(status: NodeStatus): z.input<typeof nodeSchema> {
  const { node, self, zone, weight, httpAddress, peerAddress, connected, peer, version } = status;
  return {
    node,
    self,
    zone,
    weight,
    http_address: httpAddress ?? null,
    peer_address: peerAddress,
    connected,
    version: version ?? null,
    round_trip_ms:
      peer?.roundTripMs === undefined ? null : Math.round(peer.roundTripMs * 1e3) / 1e3,
    queued_bytes: peer?.queuedBytes ?? null,
    dropped_messages: peer?.droppedMessages ?? null,
    last_error: peer?.lastError ?? null,
  };
}
