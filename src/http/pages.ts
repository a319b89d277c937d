/**
 * The fastify application: everything but keys. Its own refusals become problems like all others.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { RequestContext } from '../kv/service.js';
import { invariant } from '../raft/core/invariant.js';
import { clusterContext } from './cluster-context.js';
import type { PageRequest } from './dispatch.js';
import { type HttpParts, isFailure } from './exchange.js';
import { isBug, pageProblem } from './page-problem.js';
import { problemHeaders } from './problem-headers.js';
import { Problem, problemBody, problems } from './problems.js';
import { readContext } from './request-context.js';
import { adminRoutes } from './routes/admin.js';
import { auditRoutes, balancerRoutes, clusterRoutes, pinRoutes } from './routes/cluster.js';
import type { ClusterRouteOptions } from './routes/cluster-options.js';
import { errorRoutes, registerDocument, registerPages } from './routes/docs.js';
import { frontRoutes } from './routes/front.js';
import { healthRoutes } from './routes/health.js';
import { jobChangeRoutes, jobEventRoutes, jobRoutes } from './routes/jobs.js';
import { kvDocument } from './routes/kv-document.js';
import { metricsRoutes } from './routes/metrics.js';
import { drainRoutes, joinRoutes, nodeRoutes } from './routes/nodes.js';
import { planMakingRoutes, planRoutes } from './routes/plans.js';
import { replicaJobRoutes, shardJobRoutes } from './routes/shard-jobs.js';
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
  const { service, metrics, draining } = parts;
  const app = Fastify({
    serverFactory: () => server,
    clientErrorHandler: options.clientErrorHandler,
    genReqId: (request) => page(request as IncomingMessage)?.id ?? '',
    requestIdHeader: false,
    exposeHeadRoutes: true,
    bodyLimit: parts.limits.adminBodyBytesMax,
    frameworkErrors: (error, request, reply) => answer(options, error, request, reply as never),
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => answer(options, error, request, reply));
  app.removeContentTypeParser('text/plain');
  app.setNotFoundHandler((request, reply) =>
    answer(options, new Problem('route_not_found'), request, reply),
  );
  addHooks(app, options);
  await registerDocument(app, service.version);
  await app.register(kvDocument);
  await app.register(healthRoutes, { service, closing: draining });
  await app.register(metricsRoutes, { metrics });
  await app.register(adminRoutes, { service });
  await app.register(shardOperationRoutes, {
    service,
    context: (request) => contextOf(options, request),
  });
  const aboutCluster = clusterOptions(options);
  await app.register(async (scope) => {
    // Before a body is judged that nobody would take.
    scope.addHook('onRequest', async () => void aboutCluster.cluster());
    for (const routes of clusterPlugins) await scope.register(routes, aboutCluster);
  });
  await app.register(frontRoutes, { service });
  await app.register(errorRoutes);
  await registerPages(app);
  await app.ready();
  return app;
}

const clusterPlugins = [
  clusterRoutes,
  auditRoutes,
  balancerRoutes,
  pinRoutes,
  joinRoutes,
  nodeRoutes,
  drainRoutes,
  shardJobRoutes,
  replicaJobRoutes,
  planRoutes,
  planMakingRoutes,
  jobRoutes,
  jobChangeRoutes,
  jobEventRoutes,
];

function clusterOptions(options: PagesOptions): ClusterRouteOptions {
  const { parts } = options;
  const cluster = () => {
    if (parts.cluster !== undefined) return parts.cluster;
    const feature = 'a cluster that changes';
    throw new Problem('not_built', { detail: `This node does not serve ${feature}.`, feature });
  };
  const headers = ({ raw }: FastifyRequest) => pageOf(options, raw).headers;
  return {
    cluster,
    headers,
    context: (request) => {
      const { id, method, query, body } = request;
      const path = request.url.split('?', 1)[0] ?? '';
      return clusterContext(
        { id, method, path, query, body, headers: headers(request) },
        parts.limits,
      );
    },
    nowMs: () => cluster().nowMs(),
    draining: parts.draining,
  };
}

/** Throws a Problem for headers that are not acceptable. */
function contextOf(options: PagesOptions, request: IncomingMessage): RequestContext {
  const known = pageOf(options, request);
  const context = readContext(known.id, known.headers, options.parts.limits);
  if (context instanceof Problem) throw context;
  return context;
}

function pageOf({ page }: PagesOptions, request: IncomingMessage): PageRequest {
  const known = page(request);
  invariant(known !== undefined, 'every page came through the dispatcher');
  return known;
}

function answer(
  { parts, page }: PagesOptions,
  error: unknown,
  request: FastifyRequest,
  reply: Reply,
): void {
  const { code, facts, message: detail } = pageProblem(error, request.method, parts.limits);
  const { status } = problems[code];
  const { id, method } = request;
  const instance = request.url.split('?', 1)[0] ?? '';
  if (isFailure(status)) {
    const durationMs = parts.now() - (page(request.raw)?.startedMs ?? parts.now());
    const line = { requestId: id, method, path: instance, status, durationMs, code };
    if (isBug(code)) parts.log.bug(line, error);
    else parts.log.failed({ ...line, detail });
  }
  const headers = problemHeaders(code, facts);
  for (let at = 0; at < headers.length; at += 2) {
    reply.header(headers[at] ?? '', headers[at + 1] ?? '');
  }
  reply
    .code(status)
    .serializer((body: string) => body)
    .send(problemBody(code, facts, { id, instance }));
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
    if (parts.draining()) reply.header('Connection', 'close');
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
