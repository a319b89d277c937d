/**
 * `/v1/kv/{key}` for the OpenAPI document only. The dispatcher hands keys to `kv.ts` before fastify
 * sees them, so these handlers never run.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { invariant } from '../../raft/core/invariant.js';
import {
  deleteAnswerSchema,
  keyParams,
  problemSchema,
  putAnswerSchema,
  readHeadersSchema,
  readQuery,
  valueSchema,
  writeHeadersSchema,
} from '../schemas.js';

const bytes = (schema: z.ZodType, type: string) => ({ content: { [type]: { schema } } });
const problem = { description: 'Problem', ...bytes(problemSchema, 'application/problem+json') };
const refusals = { '4xx': problem, '5xx': problem };

export const kvDocument: FastifyPluginAsyncZod = async (app) => {
  const common = { tags: ['keys'], params: keyParams };
  const value = { description: 'The value', ...bytes(valueSchema, '*/*') };
  app.put(
    '/v1/kv/:key',
    {
      schema: {
        ...common,
        summary: 'Set a key; answers when a majority has it on disk',
        headers: writeHeadersSchema,
        consumes: ['*/*'],
        body: valueSchema,
        response: { 200: putAnswerSchema, 201: putAnswerSchema, ...refusals },
      },
    },
    unreachable,
  );
  app.get(
    '/v1/kv/:key',
    {
      exposeHeadRoute: false,
      schema: {
        ...common,
        summary: 'Read a key; HEAD gives the same without the value',
        headers: readHeadersSchema,
        querystring: readQuery,
        response: { 200: value, 304: z.null().describe('Not modified'), ...refusals },
      },
    },
    unreachable,
  );
  app.delete(
    '/v1/kv/:key',
    {
      schema: {
        ...common,
        summary: 'Delete a key',
        headers: writeHeadersSchema,
        response: { 200: deleteAnswerSchema, ...refusals },
      },
    },
    unreachable,
  );
};

async function unreachable(): Promise<never> {
  invariant(false, 'keys are served before fastify');
}
