/** Requests that name what is to be done and do it at once: a plan and its job in one. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Goal } from '../../kv/balance/plan.js';
import { expectedEpoch } from '../cluster-context.js';
import { jobView, planView } from '../job-view.js';
import type { ClusterRouteOptions } from './cluster-options.js';

export async function undertake(
  { cluster, context, headers, nowMs }: ClusterRouteOptions,
  asked: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly goal: Goal },
): Promise<FastifyReply> {
  const { request, reply, goal } = asked;
  const dryRun = (request.query as { dry_run?: string }).dry_run === 'true';
  const epoch = expectedEpoch(headers(request));
  const options = { dryRun, expectedEpoch: epoch };
  const undertaking = await cluster().undertake(goal, options, context(request));
  const documents = cluster().documents();
  const plan = planView(undertaking.plan, documents, nowMs());
  if (undertaking.kind === 'planned') return reply.send({ dry_run: true, plan, job: null });
  const job = jobView(undertaking.job, documents, nowMs());
  reply.header('Location', `/admin/v1/jobs/${job.job}`);
  return reply.code(202).send({ dry_run: false, plan, job });
}
