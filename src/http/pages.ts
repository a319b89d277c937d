/**
 * The fastify application: everything but keys. Its own refusals become problems like all others.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { KvError } from '../kv/errors.js';
import type { RequestContext } from '../kv/service.js';
import { invariant } from '../raft/core/invariant.js';
import { bodyTooLarge, type PageRequest } from './dispatch.js';
import type { HttpParts } from './exchange.js';
import { kvProblemFacts } from './kv-problem.js';
import { Problem, type ProblemCode, problemBody, problems, retryAfterSeconds } from './problems.js';
import { readContext } from './request-context.js';
import { adminRoutes } from './routes/admin.js';
import { errorRoutes, registerDocument, registerPages } from './routes/docs.js';
import { frontRoutes } from './routes/front.js';
import { healthRoutes } from './routes/health.js';
import { kvDocument } from './routes/kv-document.js';
import { metricsRoutes } from './routes/metrics.js';
import { shardOperationRoutes } from './routes/shard-operations.js';

export interface PagesOptions {
  readonly parts: HttpParts;
  /** Created by the caller, who also listens and closes. */
  readonly server: Server;
  /** What the dispatcher knows of a request it passed on. */
  readonly page: (request: IncomingMessage) => PageRequest | undefined;
  readonly clientErrorHandler: (error: Error, socket: Socket) => void;
}

export async function createPages(options: PagesOptions): Promise<FastifyInstance> {
  const { parts, server, page } = options;
  const { service, metrics, closing } = parts;
  const app = Fastify({
    serverFactory: () => server,
    clientErrorHandler: options.clientErrorHandler,
    genReqId: (request) => page(request as IncomingMessage)?.id ?? '',
    requestIdHeader: false,
    exposeHeadRoutes: true,
    bodyLimit: parts.limits.adminBodyBytesMax,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply as never),
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.removeContentTypeParser('text/plain');
  app.setNotFoundHandler((request, reply) =>
    answerError(new Problem('route_not_found'), request, reply),
  );
  addHooks(app, options);
  await registerDocument(app, service.version);
  await app.register(kvDocument);
  await app.register(healthRoutes, { service, closing });
  await app.register(metricsRoutes, { metrics });
  await app.register(adminRoutes, { service });
  await app.register(shardOperationRoutes, { service, context });
  await app.register(frontRoutes, { service });
  await app.register(errorRoutes);
  await registerPages(app);
  await app.ready();
  return app;

  function context(request: IncomingMessage): RequestContext {
    const known = page(request);
    invariant(known !== undefined, 'every page came through the dispatcher');
    const read = readContext(known.id, known.headers, parts.limits);
    if (read instanceof Problem) throw read;
    return read;
  }

  function answerError(error: unknown, request: FastifyRequest, reply: Reply): void {
    const problem = toProblem(error, request.method, parts);
    const { status } = problems[problem.code];
    const path = request.url.split('?', 1)[0] ?? '';
    if (status >= 500) {
      const durationMs = parts.now() - (page(request.raw)?.startedMs ?? parts.now());
      const { code, message: detail } = problem;
      const line = {
        requestId: request.id,
        method: request.method,
        path,
        status,
        durationMs,
        code,
      };
      if (code.startsWith('internal_error')) parts.log.bug(line, error);
      else parts.log.failed({ ...line, detail });
    }
    const { leader_address: leader } = problem.facts;
    if (leader !== undefined && /^[\x21-\x7e]+$/.test(leader))
      reply.header('Kvorum-Leader', leader);
    const retryAfter = retryAfterSeconds(problem.code, problem.facts);
    if (retryAfter !== undefined) reply.header('Retry-After', String(retryAfter));
    reply
      .code(status)
      .header('Content-Type', 'application/problem+json')
      .serializer((body: string) => body)
      .send(problemBody(problem.code, problem.facts, { id: request.id, instance: path }));
  }
}

interface Reply {
  code(status: number): this;
  header(name: string, value: string): this;
  serializer(serialize: (body: string) => string): this;
  send(body: string): unknown;
}

function addHooks(app: FastifyInstance, { parts, page }: PagesOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({
      'Kvorum-Node': String(parts.service.node),
      'Kvorum-Request-Id': request.id,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'no-referrer',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    });
    if (parts.closing()) reply.header('Connection', 'close');
    done();
  });
  app.addHook('preValidation', (request, _reply, done) => done(checkRepeated(request.query)));
  app.addHook('onResponse', (request, reply, done) => {
    const known = page(request.raw);
    if (known !== undefined) {
      const durationMs = parts.now() - known.startedMs;
      parts.metrics.record(known.route, request.method, reply.statusCode, durationMs);
    }
    done();
  });
}

/** Codes for what fastify and its plugins refuse by themselves; other 4xx are bad targets. */
const byStatus: Readonly<Record<number, ProblemCode>> = {
  // Outside the static folder, or longer than any parameter: no such page.
  403: 'route_not_found',
  404: 'route_not_found',
  414: 'route_not_found',
  405: 'method_not_allowed',
  412: 'precondition_failed',
  415: 'unsupported_media_type',
};

function toProblem(error: unknown, method: string, { limits }: HttpParts): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof KvError) return new Problem(error.code, kvProblemFacts(error));
  if (hasZodFastifySchemaValidationErrors(error)) {
    const complaints = error.validation as never;
    const isBody = error.validationContext === 'body';
    return isBody ? fromBody(complaints) : fromValidation(complaints);
  }
  const { statusCode: status, code } = (error ?? {}) as Partial<FastifyError>;
  if (status === undefined || status < 400 || status >= 500) {
    return new Problem(method === 'POST' ? 'internal_error_on_write' : 'internal_error');
  }
  if (status === 413) return bodyTooLarge(limits.adminBodyBytesMax);
  if (status === 415) {
    const detail = 'The body must be JSON, and Content-Type: application/json must say so.';
    return new Problem('unsupported_media_type', { detail, allowed: ['application/json'] });
  }
  if (code?.startsWith('FST_ERR_CTP_') || error instanceof SyntaxError) {
    const empty = code === 'FST_ERR_CTP_EMPTY_JSON_BODY';
    return new Problem('invalid_body', { detail: `The body is ${empty ? 'empty' : 'no JSON'}.` });
  }
  return new Problem(byStatus[status] ?? 'invalid_target');
}

interface Complaint {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: object;
}

/** zod's complaints about a query string, in the words the data path uses. */
function fromValidation([first]: readonly Complaint[]): Problem {
  const { keys, values } = (first?.params ?? {}) as { keys?: string[]; values?: unknown[] };
  if (first?.keyword === 'unrecognized_keys') {
    const parameter = (keys?.[0] ?? '').slice(0, 64);
    return new Problem('unknown_parameter', {
      detail: `"${parameter}" is not a parameter of this route.`,
      parameter,
    });
  }
  const parameter = (first?.instancePath ?? '').replace(/^\//, '').slice(0, 64);
  return new Problem('invalid_parameter', {
    detail: `${parameter} is not acceptable: ${first?.message ?? 'see the allowed values'}.`,
    parameter,
    ...(values === undefined ? {} : { allowed: values.map(String) }),
  });
}

/** zod's complaints about a body: the field by its path, and what it may be. */
function fromBody([first]: readonly Complaint[]): Problem {
  const { keys, values, options } = (first?.params ?? {}) as {
    keys?: string[];
    values?: unknown[];
    options?: unknown[];
  };
  const path = (first?.instancePath ?? '').replace(/^\//, '').slice(0, 64);
  const unknown = keys?.[0]?.slice(0, 64);
  if (unknown !== undefined) {
    const detail = `"${unknown}" is not a field of this request.`;
    return new Problem('invalid_body', { detail, parameter: unknown });
  }
  const what = path === '' ? 'The body' : `"${path}"`;
  const allowed = values ?? options;
  return new Problem('invalid_body', {
    detail: `${what} is not acceptable: ${first?.message ?? 'see /docs'}.`,
    ...(path === '' ? {} : { parameter: path }),
    ...(allowed === undefined ? {} : { allowed: allowed.map(String) }),
  });
}

function checkRepeated(query: unknown): Problem | undefined {
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    if (!Array.isArray(value)) continue;
    const parameter = name.slice(0, 64);
    return new Problem('repeated_parameter', {
      detail: `The parameter "${parameter}" is given more than once.`,
      parameter,
    });
  }
  return undefined;
}
