/** `/admin/v1/jobs`: plans on their way: watched, slowed down, stopped and undone. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { JobDocument } from '../../kv/balance/job-document.js';
import { KvError } from '../../kv/errors.js';
import { epochTag } from '../cluster-context.js';
import {
  creatingHeaders,
  jobSchema,
  jobsSchema,
  limitsBody,
  numberParams,
  planSchema,
  reasonBody,
} from '../cluster-schemas.js';
import { JobEvents, type JobEventsOptions } from '../job-events.js';
import { jobView, limitsOf, planView } from '../job-view.js';
import { Problem } from '../problems.js';
import { noQuery, operationHeaders } from '../schemas.js';
import { type ClusterRouteOptions, reading, refusals, tags } from './cluster-options.js';

/** Streams of events at a time. */
export const eventStreamsMax = 64;

export const jobRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, nowMs } = options;
  app.get(
    '/admin/v1/jobs',
    {
      schema: {
        ...{ tags, summary: 'All jobs that are kept, the newest first', querystring: noQuery },
        response: { 200: jobsSchema, ...reading },
      },
    },
    async () => {
      const documents = cluster().documents();
      const jobs = [...documents.jobs.values()].sort((a, b) => Number(b.id) - Number(a.id));
      return { jobs: jobs.map((job) => jobView(job, documents, nowMs())) };
    },
  );
  app.get(
    '/admin/v1/jobs/:id',
    {
      schema: {
        tags,
        summary: 'One job: its steps, what each waits for, how fast it is and when it may end',
        ...{ params: numberParams, querystring: noQuery },
        response: { 200: jobSchema, ...reading },
      },
    },
    async (request) => jobView(jobOf(options, request.params.id), cluster().documents(), nowMs()),
  );
  app.patch(
    '/admin/v1/jobs/:id',
    {
      schema: {
        tags,
        summary: 'Slow a job down or let it go faster; the limits end with it',
        ...{ params: numberParams, querystring: noQuery, headers: operationHeaders },
        body: limitsBody,
        response: { 200: jobSchema, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const limits = limitsOf(request.body);
      const job = await cluster().throttleJob(id, limits, options.context(request));
      return jobView(job, cluster().documents(), nowMs());
    },
  );
};

const changes = {
  pause: 'Nothing more is asked for until it is resumed',
  resume: 'Go on with a paused job',
  cancel: 'End it at the next safe point: what was begun is completed or undone',
} as const;

export const jobChangeRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, context, nowMs } = options;
  for (const change of ['pause', 'resume', 'cancel'] as const) {
    app.post(
      `/admin/v1/jobs/:id/${change}`,
      {
        schema: {
          ...{ tags, summary: changes[change], params: numberParams, querystring: noQuery },
          ...{ headers: operationHeaders, body: reasonBody },
          response: { 200: jobSchema, ...refusals },
        },
      },
      async (request) => {
        const { id } = request.params;
        const job = await cluster()[`${change}Job`](id, context(request));
        return jobView(job, cluster().documents(), nowMs());
      },
    );
  }
  app.post(
    '/admin/v1/jobs/:id/rollback-plan',
    {
      schema: {
        tags,
        summary: 'A plan that undoes what a job has done; nothing is changed',
        ...{ params: numberParams, querystring: noQuery, headers: creatingHeaders },
        body: reasonBody,
        response: { 201: planSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const plan = await cluster().createRollbackPlan(request.params.id, context(request));
      reply.header('Location', `/admin/v1/plans/${plan.id}`);
      reply.header('ETag', epochTag(plan.baseEpoch));
      return reply.code(201).send(planView(plan, cluster().documents(), nowMs()));
    },
  );
};

export const jobEventRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  let open = 0;
  app.get(
    '/admin/v1/jobs/:id/events',
    {
      schema: {
        tags,
        summary: 'The job as server-sent events: at once, after every change, and at its end',
        ...{ params: numberParams, querystring: noQuery },
        response: { 200: z.string().meta({ description: 'text/event-stream' }), ...reading },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      jobOf(options, id);
      if (open >= eventStreamsMax) throw new Problem('overloaded', { limit: 'eventStreamsMax' });
      open += 1;
      const events = new JobEvents(eventSource(options, id));
      events.once('close', () => {
        open -= 1;
      });
      reply.header('Content-Type', 'text/event-stream; charset=utf-8');
      reply.serializer((body: string) => body);
      return reply.send(events as never);
    },
  );
};

function eventSource(options: ClusterRouteOptions, id: string): JobEventsOptions {
  const { cluster, nowMs, draining } = options;
  return {
    job: () => {
      const documents = cluster().documents();
      const job = documents.jobs.get(id);
      return job && { state: job.state, view: jobView(job, documents, nowMs()) };
    },
    onChange: (run) => cluster().onChange(run),
    draining,
  };
}

function jobOf({ cluster }: ClusterRouteOptions, id: string): JobDocument {
  const job = cluster().documents().jobs.get(id);
  if (job !== undefined) return job;
  throw new KvError('job_not_found', {}, `There is no job ${id.slice(0, 32)}.`);
}
