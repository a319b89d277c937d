/** `/`: what somebody sees who has only the address. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { KvService } from '../../kv/service.js';
import { noQuery } from '../schemas.js';

export interface FrontOptions {
  readonly service: KvService;
}

export const frontRoutes: FastifyPluginAsyncZod<FrontOptions> = async (app, { service }) => {
  app.get(
    '/',
    {
      schema: {
        tags: ['health'],
        summary: 'Hints for curl',
        querystring: noQuery,
        produces: ['text/plain'],
        response: { 200: z.string() },
      },
      serializerCompiler: () => (text) => text as unknown as string,
    },
    async (request, reply) => {
      const { node, cluster, version } = service;
      return reply
        .type('text/plain; charset=utf-8')
        .send(
          hints({ base: `http://${request.headers.host ?? 'localhost'}`, node, cluster, version }),
        );
    },
  );
};

function hints(facts: {
  readonly base: string;
  readonly node: number;
  readonly cluster: string;
  readonly version: string;
}): string {
  const { base, node, cluster, version } = facts;
  return `Kvorum ${version}, node ${node} of cluster ${cluster}

  curl -T - ${base}/v1/kv/greeting <<< hello       # put
  curl -i ${base}/v1/kv/greeting                   # get, with its ETag
  curl -i -X PUT -d hi -H 'If-None-Match: *' ${base}/v1/kv/greeting   # create only: 412
  curl '${base}/v1/kv/greeting?consistency=stale'  # from the nearest copy
  curl -X DELETE ${base}/v1/kv/greeting            # delete

  ${base}/docs              the API (OpenAPI: ${base}/docs/json)
  ${base}/docs/errors       every error code and what to do
  ${base}/readyz?verbose    is this node ready, and why not
  ${base}/admin/v1/shards   shards, leaders, terms, indexes
  ${base}/metrics           for Prometheus
`;
}
