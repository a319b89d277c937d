/**
 * `/admin/v1/shards/{id}/members` and `/transfer-leader`: what operators change, shard by shard,
 * until shards move by themselves. Any node takes it; the shard's leader carries it out.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { KvService, MembershipRequest, RequestContext } from '../../kv/service.js';
import { Problem } from '../problems.js';
import {
  membershipAnswerSchema,
  membershipBody,
  noQuery,
  operationHeaders,
  problemSchema,
  shardParams,
  transferAnswerSchema,
  transferBody,
} from '../schemas.js';
import { memberView } from '../shard-view.js';

export interface ShardOperationOptions {
  readonly service: KvService;
  /** Throws a Problem for headers that are not acceptable. */
  readonly context: (request: IncomingMessage) => RequestContext;
}

/** A change that goes on is worth looking at again after this. */
const lookAgainSeconds = '1';

export const shardOperationRoutes: FastifyPluginAsyncZod<ShardOperationOptions> = async (
  app,
  { service, context },
) => {
  app.post(
    '/admin/v1/shards/:id/members',
    {
      schema: {
        tags: ['admin'],
        summary: 'Add, promote, demote, remove or replace a member of a shard',
        description:
          'A new voter is a learner first and is promoted when it has caught up. 202: the time ' +
          'was over and the leader goes on; the same request again waits for the end.',
        params: shardParams,
        querystring: noQuery,
        headers: operationHeaders,
        body: membershipBody,
        response: {
          200: membershipAnswerSchema,
          202: membershipAnswerSchema,
          ...refusals,
        },
      },
    },
    async (request, reply) => {
      const shard = shardId(request.params.id);
      const wanted = membershipRequest(request.body);
      const answer = await service.changeMembers(shard, wanted, context(request.raw));
      const { transfers } = service.statistics().snapshots;
      const own = transfers.filter(({ group }) => group === shard);
      decidedBy(reply, answer, service.node);
      if (answer.state === 'running') reply.header('Retry-After', lookAgainSeconds);
      const { state, changed, detail, steps, epoch, members } = answer;
      return reply.code(state === 'running' ? 202 : 200).send({
        shard,
        state,
        changed,
        detail,
        steps: [...steps],
        epoch,
        members: members.map((member) => memberView(member, own)),
      });
    },
  );

  app.post(
    '/admin/v1/shards/:id/transfer-leader',
    {
      schema: {
        tags: ['admin'],
        summary: 'Give the leadership of a shard to another voter, and wait until it leads',
        params: shardParams,
        querystring: noQuery,
        headers: operationHeaders,
        body: transferBody,
        response: { 200: transferAnswerSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const shard = shardId(request.params.id);
      const { to = 'best', dry_run: dryRun = false } = request.body;
      const answer = await service.transferLeader(shard, { to, dryRun }, context(request.raw));
      decidedBy(reply, answer, service.node);
      const { state, changed, leader, term, detail } = answer;
      return reply.send({ shard, state, changed, leader, term, detail });
    },
  );
};

const refusals = {
  400: problemSchema,
  403: problemSchema,
  404: problemSchema,
  409: problemSchema,
  412: problemSchema,
  413: problemSchema,
  415: problemSchema,
  421: problemSchema,
  503: problemSchema,
  504: problemSchema,
};

function shardId(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Problem('shard_not_found', { detail: `There is no shard "${text.slice(0, 32)}".` });
}

function membershipRequest(body: z.output<typeof membershipBody>): MembershipRequest {
  const { node, expected_epoch: expectedEpoch, dry_run: dryRun = false } = body;
  const common = { node, dryRun, ...(expectedEpoch === undefined ? {} : { expectedEpoch }) };
  if (body.action === 'add') {
    const { action, learner = false, force = false } = body;
    return { ...common, action, learner, force };
  }
  if (body.action !== 'replace') return { ...common, action: body.action };
  const { action, by, force = false } = body;
  if (by !== node) return { ...common, action, by, force };
  throw new Problem('invalid_body', {
    detail: `Node ${node} cannot be replaced by itself.`,
    parameter: 'by',
  });
}

/** The same headers as answers about keys have. */
function decidedBy(
  reply: FastifyReply,
  { shard, node }: { readonly shard: number; readonly node: number },
  here: number,
): void {
  reply.header('Kvorum-Shard', String(shard)).header('Kvorum-Node', String(node));
  if (node !== here) reply.header('Kvorum-Via', String(here));
}
