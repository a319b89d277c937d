/**
 * `/livez`: should this process be restarted? `/readyz`: should it get traffic? A node whose
 * shards lack a majority is alive but not ready, and says which shards.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { KvService } from '../../kv/service.js';
import { liveSchema, noQuery, readySchema, verboseQuery } from '../schemas.js';

export interface HealthOptions {
  readonly service: KvService;
  readonly closing: () => boolean;
}

export const healthRoutes: FastifyPluginAsyncZod<HealthOptions> = async (app, options) => {
  const { service, closing } = options;
  app.get(
    '/livez',
    {
      schema: {
        tags: ['health'],
        summary: 'Is the process able to serve at all?',
        querystring: noQuery,
        response: { 200: liveSchema, 503: liveSchema },
      },
    },
    async (_request, reply) => {
      const { failure, node } = service;
      if (failure === undefined) return { status: 'live' as const, node };
      return reply.code(503).send({ status: 'failed', node, detail: failure.message });
    },
  );

  app.get(
    '/readyz',
    {
      schema: {
        tags: ['health'],
        summary: 'Should this node get traffic?',
        querystring: verboseQuery,
        response: { 200: readySchema, 503: readySchema },
      },
    },
    async (request, reply) => {
      const checks = [...service.readiness()];
      if (closing()) {
        checks.push({ name: 'accepting', ok: false, detail: 'the node is shutting down' });
      }
      const failing = checks.filter((check) => !check.ok).map((check) => check.name);
      const { verbose } = request.query;
      const ready = failing.length === 0;
      return reply.code(ready ? 200 : 503).send({
        status: ready ? 'ready' : 'not_ready',
        node: service.node,
        failing,
        shards_without_majority: shardsWithoutMajority(service),
        ...(verbose === '' || verbose === 'true' ? { checks } : {}),
      });
    },
  );
};

/**
 * Of the shards that are held here: nobody known leads it, or this node does and hears no majority.
 * Of the others this node hears only when somebody asks for them.
 */
function shardsWithoutMajority(service: KvService): number[] {
  return service
    .shards()
    .filter(({ leader, replica }) => {
      if (replica === undefined) return false;
      const deaf = replica.role === 'leader' && !replica.quorumActive;
      return leader === undefined || deaf;
    })
    .map(({ shard }) => shard);
}
