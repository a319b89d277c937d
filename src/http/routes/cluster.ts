/**
 * `/admin/v1/cluster`, `/balance`, `/explain`, `/balancer`, `/pins` and `/audit`: how the cluster
 * stands, why, what it may do by itself, and who changed what.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { BalancerChange } from '../../kv/balance/standing-commands.js';
import { epochTag } from '../cluster-context.js';
import {
  auditQuery,
  auditSchema,
  balancerBody,
  balancerSchema,
  balanceSchema,
  clusterBody,
  clusterSchema,
  creatingHeaders,
  explainBody,
  explanationSchema,
  numberParams,
  pinBody,
  pinSchema,
  pinsSchema,
} from '../cluster-schemas.js';
import {
  auditView,
  balancerView,
  balanceView,
  clusterView,
  explanationView,
  pinView,
} from '../cluster-view.js';
import { noQuery, operationHeaders } from '../schemas.js';
import { type ClusterRouteOptions, reading, refusals, tags } from './cluster-options.js';

const auditEntriesDefault = 100;

export const clusterRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, context } = options;
  app.get(
    '/admin/v1/cluster',
    {
      schema: {
        ...{ tags, summary: 'The cluster as a whole', querystring: noQuery },
        response: { 200: clusterSchema, ...reading },
      },
    },
    async (_request, reply) => {
      const view = clusterView(cluster().status(), cluster().documents());
      return reply.header('ETag', epochTag(view.epoch)).send(view);
    },
  );
  app.patch(
    '/admin/v1/cluster',
    {
      schema: {
        ...{ tags, summary: 'After how long a silent node is given up', querystring: noQuery },
        ...{ headers: operationHeaders, body: clusterBody },
        response: { 200: clusterSchema, ...refusals },
      },
    },
    async (request) => {
      await cluster().changeDeadAfter(request.body.dead_after_ms, context(request));
      return clusterView(cluster().status(), cluster().documents());
    },
  );
  app.get(
    '/admin/v1/balance',
    {
      schema: {
        tags,
        summary: 'How even the cluster is: per node a score and how it is made up',
        querystring: noQuery,
        response: { 200: balanceSchema, ...reading },
      },
    },
    async (_request, reply) => {
      const report = cluster().balance();
      return reply.header('ETag', epochTag(report.epoch)).send(balanceView(report));
    },
  );
  app.post(
    '/admin/v1/explain',
    {
      schema: {
        tags,
        summary: 'Why the replicas of a shard are where they are, and not elsewhere',
        ...{ querystring: noQuery, body: explainBody },
        response: { 200: explanationSchema, ...refusals },
      },
    },
    async (request) => explanationView(cluster().explain(request.body)),
  );
};

export const auditRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster } = options;
  app.get(
    '/admin/v1/audit',
    {
      schema: {
        ...{
          tags,
          summary: 'Who changed what, and why; the newest first',
          querystring: auditQuery,
        },
        response: { 200: auditSchema, ...reading },
      },
    },
    async (request) => {
      const { limit = auditEntriesDefault, before = Number.POSITIVE_INFINITY } = request.query;
      const entries = [...cluster().documents().audit.values()]
        .filter(({ number }) => number < before)
        .sort((a, b) => b.number - a.number);
      return { entries: entries.slice(0, limit).map(auditView) };
    },
  );
};

export const balancerRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, context } = options;
  const view = () => {
    const { settings } = cluster().documents();
    return balancerView(settings.balancer, cluster().status().balancer);
  };
  app.get(
    '/admin/v1/balancer',
    {
      schema: {
        ...{ tags, summary: 'What the cluster may do by itself', querystring: noQuery },
        response: { 200: balancerSchema, ...reading },
      },
    },
    async () => view(),
  );
  app.patch(
    '/admin/v1/balancer',
    {
      schema: {
        tags,
        summary: 'Turn it on or off, pause it, give it windows and limits',
        description: 'Dead nodes are replaced and draining ones emptied all the same.',
        ...{ querystring: noQuery, headers: operationHeaders, body: balancerBody },
        response: { 200: balancerSchema, ...refusals },
      },
    },
    async (request) => {
      await cluster().changeBalancer(balancerChange(request.body), context(request));
      return view();
    },
  );
};

export const pinRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, context } = options;
  app.get(
    '/admin/v1/pins',
    {
      schema: {
        ...{ tags, summary: 'What operators have fixed by hand', querystring: noQuery },
        response: { 200: pinsSchema, ...reading },
      },
    },
    async () => ({ pins: [...cluster().documents().pins.values()].map(pinView) }),
  );
  app.post(
    '/admin/v1/pins',
    {
      schema: {
        tags,
        summary: 'Fix a replica or a leader of a shard to a node, or keep it away from there',
        ...{ querystring: noQuery, headers: creatingHeaders, body: pinBody },
        response: { 201: pinSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const { shard, node, kind } = request.body;
      const pin = await cluster().addPin({ shard, node, kind }, context(request));
      reply.header('Location', `/admin/v1/pins/${pin.id}`);
      return reply.code(201).send(pinView(pin));
    },
  );
  app.delete(
    '/admin/v1/pins/:id',
    {
      schema: {
        ...{ tags, summary: 'Remove a pin', params: numberParams, querystring: noQuery },
        headers: operationHeaders,
        response: { 200: pinSchema, ...refusals },
      },
    },
    async (request) => pinView(await cluster().removePin(request.params.id, context(request))),
  );
};

function balancerChange(body: z.output<typeof balancerBody>): BalancerChange {
  const { enabled, paused_until: until, windows, auto_split: split, auto_merge: merge } = body;
  const pausedUntilMs = typeof until === 'string' ? Date.parse(until) : undefined;
  return {
    ...(enabled !== undefined && { enabled }),
    ...(until !== undefined && { pausedUntilMs }),
    ...(windows !== undefined && { windows }),
    ...(body.max_bytes_per_s !== undefined && { maxBytesPerSecond: body.max_bytes_per_s }),
    ...(body.max_concurrent !== undefined && { maxConcurrent: body.max_concurrent }),
    ...(body.max_per_node !== undefined && { maxPerNode: body.max_per_node }),
    ...(split !== undefined && {
      autoSplit: said({
        enabled: split.enabled,
        bytes: split.bytes,
        requestsPerSecond: split.requests_per_second,
        shardsMax: split.shards_max,
      }),
    }),
    ...(merge !== undefined && {
      autoMerge: said({
        enabled: merge.enabled,
        bytes: merge.bytes,
        requestsPerSecond: merge.requests_per_second,
        shardsMin: merge.shards_min,
        quietMs: merge.quiet_ms,
      }),
    }),
  };
}

/** Without what was not said. */
function said<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
