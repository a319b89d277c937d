/** `kvorum admin members ...` and `kvorum admin transfer-leader`: shards changed by hand. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import {
  ask,
  type Cluster,
  type ClusterAnswer,
  clusterOf,
  describeProblem,
  exitCodeOf,
  jsonOf,
} from './cluster-request.js';
import {
  membershipAnswer,
  nodesAnswer,
  type ShardView,
  shardAnswer,
  transferAnswer,
} from './cluster-view.js';
import type { Context, Invocation } from './command.js';
import { CommandError, UsageError } from './command-errors.js';
import { parseDurationMs } from './duration.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { describeMembers } from './member-words.js';
import { knownShards } from './shard-views.js';

const nodeIdMax = 65_535;
const shardMax = 999_999_999;
const waitMsDefault = 5 * 60_000;
const waitMsMax = 24 * 60 * 60_000;
/** Before a change that goes on is asked for again. */
const askAgainMs = 500;

export async function listMembers(invocation: Invocation, context: Context): Promise<ExitCode> {
  const cluster = clusterOf(invocation, context.env);
  const shard = operand(invocation, 0, 'SHARD', shardMax);
  const path = `/admin/v1/shards/${shard}`;
  const first = await ask(cluster, { method: 'GET', path });
  if (first.status !== 200) return refused(invocation, context, first);
  const own = read(shardAnswer, first);
  const same = { urls: [first.url], timeoutMs: cluster.timeoutMs };
  const nodes = read(nodesAnswer, await ask(same, { method: 'GET', path: '/admin/v1/nodes' }));
  const [found] = await knownShards([own], nodes, {
    cluster: same,
    path,
    read: (url, body) => [read(shardAnswer, { url, body })],
  });
  if (found === undefined || found.seen_by === null) {
    const why = 'none of its members can be asked from here';
    throw new CommandError(`${first.url}: shard ${shard}: ${why}.`, exitCodes.failed);
  }
  const json = invocation.flags.has('json');
  context.stdout.write(json ? `${JSON.stringify(found)}\n` : describeShard(found));
  return exitCodes.ok;
}

export async function changeMembers(
  action: string,
  invocation: Invocation,
  context: Context,
): Promise<ExitCode> {
  const { flags } = invocation;
  const cluster = clusterOf(invocation, context.env);
  const shard = operand(invocation, 0, 'SHARD', shardMax);
  const epoch = flags.integer('expect-epoch', { min: 0, max: Number.MAX_SAFE_INTEGER });
  const body = {
    action,
    node: operand(invocation, 1, 'NODE', nodeIdMax),
    ...(action === 'replace' && { by: operand(invocation, 2, 'BY', nodeIdMax) }),
    ...(flags.has('learner') && { learner: true }),
    ...(flags.has('force') && { force: true }),
    ...(flags.has('dry-run') && { dry_run: true }),
  };
  const endsAt = performance.now() + waitMs(invocation);
  let expected = epoch === undefined ? {} : { expected_epoch: epoch };
  let told = '';
  for (;;) {
    const answer = await post(cluster, `/admin/v1/shards/${shard}/members`, {
      body: { ...body, ...expected },
      repeatable: !('expected_epoch' in expected),
    });
    if (answer.status !== 200 && answer.status !== 202) {
      return refused(invocation, context, answer);
    }
    const change = read(membershipAnswer, answer);
    const over = answer.status === 200 || performance.now() + askAgainMs >= endsAt;
    if (over) return tellChange(invocation, context, change);
    if (change.detail !== told) context.stderr.write(`${change.detail}\n`);
    told = change.detail;
    // What has begun is gone on with, whatever the epoch is by now.
    expected = {};
    await sleep(askAgainMs);
  }
}

function tellChange(
  { flags }: Invocation,
  { stdout }: Context,
  change: z.output<typeof membershipAnswer>,
): ExitCode {
  const { state, changed, detail, steps, epoch, members } = change;
  if (flags.has('json')) stdout.write(`${JSON.stringify(change)}\n`);
  else {
    const words = { done: changed ? 'Done' : 'Nothing to do', running: 'Not done yet' };
    const head = state === 'planned' ? 'Would be done' : words[state];
    const list = steps.map((step) => {
      const why = step.detail === '' ? '' : `: ${step.detail}`;
      return `  ${step.step} of node ${step.node}: ${step.state}${why}\n`;
    });
    stdout.write(`${head}. ${detail}\n`);
    if (state !== 'done') stdout.write(list.join(''));
    stdout.write(`\n${describeMembers(members)}\nMembership epoch ${epoch}.\n`);
  }
  return state === 'running' ? exitCodes.unknown : exitCodes.ok;
}

export async function transferLeader(invocation: Invocation, context: Context): Promise<ExitCode> {
  const cluster = clusterOf(invocation, context.env);
  const shard = operand(invocation, 0, 'SHARD', shardMax);
  const to = invocation.operands[1];
  const body = {
    to: to === undefined || to === 'best' ? 'best' : operand(invocation, 1, 'NODE', nodeIdMax),
    ...(invocation.flags.has('dry-run') && { dry_run: true }),
  };
  const answer = await post(cluster, `/admin/v1/shards/${shard}/transfer-leader`, {
    body,
    repeatable: body.to !== 'best',
  });
  if (answer.status !== 200) return refused(invocation, context, answer);
  const transfer = read(transferAnswer, answer);
  const json = invocation.flags.has('json');
  context.stdout.write(json ? `${JSON.stringify(transfer)}\n` : `${transfer.detail}\n`);
  return exitCodes.ok;
}

function post(
  cluster: Cluster,
  path: string,
  { body, repeatable }: { readonly body: object; readonly repeatable: boolean },
): Promise<ClusterAnswer> {
  return ask(cluster, {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
    repeatable,
  });
}

function refused(invocation: Invocation, context: Context, answer: ClusterAnswer): ExitCode {
  if (invocation.flags.has('json')) {
    const problem = { status: answer.status, ...jsonOf(answer) };
    context.stdout.write(`${JSON.stringify({ url: answer.url, problem })}\n`);
  } else {
    context.stderr.write(`${answer.url}: ${describeProblem(answer)}\n`);
  }
  return exitCodeOf(answer);
}

function read<T extends z.ZodType>(
  schema: T,
  { url, body }: Pick<ClusterAnswer, 'url' | 'body'>,
): z.output<T> {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    const what = 'what answers there is not a Kvorum node that this command knows';
    throw new CommandError(`${url}: ${what}`, exitCodes.failed);
  }
}

function describeShard({ shard, leader, changing, epoch, members }: ShardView): string {
  const led = leader === null ? 'no leader is known' : `node ${leader} leads`;
  const change = changing ? ', a change of the members is under way' : '';
  const head = `Shard ${shard}: ${led}, membership epoch ${epoch.members}${change}`;
  return `${head}\n\n${describeMembers(members)}`;
}

function operand({ operands }: Invocation, at: number, name: string, max: number): number {
  const text = operands[at] ?? '';
  const number = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= max) return number;
  throw new UsageError(`${name} is "${text}"; it must be a whole number from 1 to ${max}.`);
}

function waitMs({ flags }: Invocation): number {
  const text = flags.text('wait');
  if (text === undefined) return waitMsDefault;
  const duration = parseDurationMs(text);
  if (duration !== undefined && duration <= waitMsMax) return duration;
  throw new UsageError(`--wait is "${text}"; it must be a duration from 0s to 1440m.`);
}
