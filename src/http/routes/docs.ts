/**
 * `/docs`: the OpenAPI document and a page to read and try it, with all its files from this node.
 * `/docs/errors`: the catalogue that every problem's `type` points into.
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import {
  type FastifyPluginAsyncZod,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Problem, type ProblemCode, type ProblemKind, problems } from '../problems.js';
import { errorKindSchema, noQuery, problemSchema } from '../schemas.js';

const description = `A sharded, strongly consistent key-value store. Values are raw bytes; every
failure is application/problem+json with \`code\`, \`outcome\` and \`retryable\`. Unknown parameters
are refused, never ignored.`;

/** Nothing but this node: no fonts, no validator, no scripts from elsewhere. */
const pageSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'";

/** Before any route, so that the document sees them all. */
export async function registerDocument(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Kvorum', version, description } },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

export async function registerPages(app: FastifyInstance): Promise<void> {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: pageSecurityPolicy,
    uiConfig: { validatorUrl: null, deepLinking: true },
    theme: { title: 'Kvorum API' },
  });
}

export const errorRoutes: FastifyPluginAsyncZod = async (app) => {
  app.get(
    '/docs/errors',
    {
      schema: {
        tags: ['docs'],
        summary: 'Every error code',
        querystring: noQuery,
        response: { 200: z.array(errorKindSchema) },
      },
    },
    async () => Object.entries(problems).map(([code, kind]) => kindView(code, kind)),
  );
  app.get(
    '/docs/errors/:code',
    {
      schema: {
        tags: ['docs'],
        summary: 'One error code',
        params: z.object({ code: z.string() }),
        querystring: noQuery,
        response: { 200: errorKindSchema, 404: problemSchema },
      },
    },
    async (request) => {
      const { code } = request.params;
      if (!Object.hasOwn(problems, code)) {
        throw new Problem('route_not_found', { detail: 'There is no such error code.' });
      }
      return kindView(code, problems[code as ProblemCode]);
    },
  );
};

function kindView(code: string, kind: ProblemKind): z.input<typeof errorKindSchema> {
  const { status, title, outcome, retryable, retryAfterMs, advice } = kind;
  return {
    code,
    status,
    title,
    outcome,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    advice,
  };
}
