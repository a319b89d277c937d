/** `/metrics`: the Prometheus text format. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Metrics } from '../metrics.js';
import { noQuery } from '../schemas.js';

export interface MetricsOptions {
  readonly metrics: Metrics;
}

export const metricsRoutes: FastifyPluginAsyncZod<MetricsOptions> = async (app, { metrics }) => {
  app.get(
    '/metrics',
    {
      schema: {
        tags: ['health'],
        summary: 'Metrics in the Prometheus text format',
        querystring: noQuery,
        produces: ['text/plain'],
        response: { 200: z.string() },
      },
      // The schema is for the document; the text goes out as it is.
      serializerCompiler: () => (text) => text as unknown as string,
    },
    async (_request, reply) => {
      return reply.type(metrics.registry.contentType).send(await metrics.text());
    },
  );
};
