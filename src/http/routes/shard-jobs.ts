/**
 * `/admin/v1/shards/{id}/...`: one shard is split, merged, moved, or gets one replica more or less.
 * Each is a plan with its job, or with `?dry_run=true` the plan alone.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  addReplicaBody,
  dryRunQuery,
  executingHeaders,
  mergeBody,
  moveBody,
  numberParams,
  removeReplicaBody,
  splitBody,
  undertakingSchema,
} from '../cluster-schemas.js';
import { type ClusterRouteOptions, refusals, shardNumber, tags } from './cluster-options.js';
import { undertake } from './undertaking.js';

const common = { tags, params: numberParams, querystring: dryRunQuery, headers: executingHeaders };
const response = { 200: undertakingSchema, 202: undertakingSchema, ...refusals };

export const shardJobRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  app.post(
    '/admin/v1/shards/:id/split',
    {
      schema: {
        ...common,
        summary: 'Split a shard at a hash, or at the middle of its data',
        ...{ body: splitBody, response },
      },
    },
    async (request, reply) => {
      const shard = shardNumber(request.params.id);
      const goal = { kind: 'split', shard, at: request.body?.at } as const;
      return undertake(options, { request, reply, goal });
    },
  );
  app.post(
    '/admin/v1/shards/:id/merge',
    {
      schema: {
        ...common,
        summary: 'Take in the shard to the right, which ends',
        ...{ body: mergeBody, response },
      },
    },
    async (request, reply) => {
      const left = shardNumber(request.params.id);
      const goal = { kind: 'merge', left, right: request.body.right } as const;
      return undertake(options, { request, reply, goal });
    },
  );
};

export const replicaJobRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (
  app,
  options,
) => {
  app.post(
    '/admin/v1/shards/:id/move',
    {
      schema: {
        ...common,
        summary: 'Move the replica of one node to another',
        ...{ body: moveBody, response },
      },
    },
    async (request, reply) => {
      const { from, to } = request.body;
      const goal = { kind: 'move', shard: shardNumber(request.params.id), from, to } as const;
      return undertake(options, { request, reply, goal });
    },
  );
  app.post(
    '/admin/v1/shards/:id/add-replica',
    {
      schema: {
        ...common,
        summary: 'One replica more: a voter, or a learner that serves reads',
        ...{ body: addReplicaBody, response },
      },
    },
    async (request, reply) => {
      const { node, role = 'voter' } = request.body;
      const shard = shardNumber(request.params.id);
      return undertake(options, {
        request,
        reply,
        goal: { kind: 'add-replica', shard, node, role },
      });
    },
  );
  app.post(
    '/admin/v1/shards/:id/remove-replica',
    {
      schema: {
        ...common,
        summary: 'One replica less',
        ...{ body: removeReplicaBody, response },
      },
    },
    async (request, reply) => {
      const shard = shardNumber(request.params.id);
      const goal = { kind: 'remove-replica', shard, node: request.body.node } as const;
      return undertake(options, { request, reply, goal });
    },
  );
};
