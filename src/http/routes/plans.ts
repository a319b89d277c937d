/** `/admin/v1/plans`: what would be done, to read and approve; and to execute. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { KvError } from '../../kv/errors.js';
import { epochTag, expectedEpoch } from '../cluster-context.js';
import {
  creatingHeaders,
  executeBody,
  executingHeaders,
  jobSchema,
  numberParams,
  planBody,
  planSchema,
  plansSchema,
} from '../cluster-schemas.js';
import { jobView, limitsOf, planView } from '../job-view.js';
import { noQuery } from '../schemas.js';
import { type ClusterRouteOptions, reading, refusals, tags } from './cluster-options.js';

export const planRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (app, options) => {
  const { cluster, nowMs } = options;
  app.get(
    '/admin/v1/plans',
    {
      schema: {
        ...{ tags, summary: 'All plans that are kept, the newest first', querystring: noQuery },
        response: { 200: plansSchema, ...reading },
      },
    },
    async () => {
      const documents = cluster().documents();
      const plans = [...documents.plans.values()].sort((a, b) => Number(b.id) - Number(a.id));
      return { plans: plans.map((plan) => planView(plan, documents, nowMs())) };
    },
  );
  app.get(
    '/admin/v1/plans/:id',
    {
      schema: {
        ...{ tags, summary: 'One plan', params: numberParams, querystring: noQuery },
        response: { 200: planSchema, ...reading },
      },
    },
    async (request, reply) => {
      const documents = cluster().documents();
      const { id } = request.params;
      const plan = documents.plans.get(id);
      if (plan === undefined) {
        throw new KvError('plan_not_found', {}, `There is no plan ${id.slice(0, 32)}.`);
      }
      reply.header('ETag', epochTag(plan.baseEpoch));
      return planView(plan, documents, nowMs());
    },
  );
};

export const planMakingRoutes: FastifyPluginAsyncZod<ClusterRouteOptions> = async (
  app,
  options,
) => {
  const { cluster, context, headers, nowMs } = options;
  app.post(
    '/admin/v1/plans',
    {
      schema: {
        tags,
        summary: 'Make a plan for a goal; nothing is changed',
        description:
          'The answer says what would be done in which order, what it costs and what it is good ' +
          'for. 409 `nothing_to_do` when the goal is reached, `plan_refused` with the reason and ' +
          'the next thing to do when there is no safe way to it.',
        ...{ querystring: noQuery, headers: creatingHeaders, body: planBody },
        response: { 201: planSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const plan = await cluster().createPlan(request.body.goal, context(request));
      reply.header('Location', `/admin/v1/plans/${plan.id}`);
      reply.header('ETag', epochTag(plan.baseEpoch));
      return reply.code(201).send(planView(plan, cluster().documents(), nowMs()));
    },
  );
  app.post(
    '/admin/v1/plans/:id/execute',
    {
      schema: {
        tags,
        summary: 'Execute a plan as a job',
        description:
          'If-Match with the epoch of the map that you decided by. 412 when the map has moved on ' +
          'since the plan was made, 409 when another job holds one of its shards.',
        ...{ params: numberParams, querystring: noQuery, headers: executingHeaders },
        body: executeBody,
        response: { 202: jobSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const wanted = {
        expectedEpoch: expectedEpoch(headers(request)),
        limits: limitsOf(request.body?.limits),
      };
      const job = await cluster().executePlan(request.params.id, wanted, context(request));
      reply.header('Location', `/admin/v1/jobs/${job.id}`);
      return reply.code(202).send(jobView(job, cluster().documents(), nowMs()));
    },
  );
};
