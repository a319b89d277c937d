/**
 * `kvorum status`: the cluster as one node sees it, and who the members of its shards are as those
 * see it who hold them. The first node that answers is asked.
 */
import type { z } from 'zod';
import { ask, type Cluster, clusterOf, describeProblem } from './cluster-request.js';
import {
  type NodesView,
  nodesAnswer,
  type ReadyView,
  readyAnswer,
  type ShardView,
  shardsAnswer,
} from './cluster-view.js';
import type { Context, Invocation } from './command.js';
import { CommandError } from './command-errors.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { request } from './http-request.js';
import { membersInBrief } from './member-words.js';
import { type KnownShard, knownShards } from './shard-views.js';
import { formatTable } from './table.js';

export async function run(invocation: Invocation, context: Context): Promise<ExitCode> {
  const cluster = clusterOf(invocation, context.env);
  const first = await ask(cluster, { method: 'GET', path: '/admin/v1/nodes' });
  if (first.status !== 200) throw unexpected(first.url, describeProblem(first));
  // The rest comes from the same node, so that one view is shown.
  const same: Cluster = { urls: [first.url], timeoutMs: cluster.timeoutMs };
  const nodes = read(nodesAnswer, first.url, first.body);
  const path = '/admin/v1/shards';
  const own = await fetchView(shardsAnswer, same, path);
  const shards = await knownShards(own.shards, nodes, {
    cluster: same,
    path,
    read: (url, body) => read(shardsAnswer, url, body).shards,
  });
  const ready = await fetchView(readyAnswer, same, '/readyz?verbose');
  context.stdout.write(
    invocation.flags.has('json')
      ? `${JSON.stringify({ url: first.url, ready, nodes: nodes.nodes, shards })}\n`
      : describe(first.url, nodes, shards, ready),
  );
  return ready.status === 'ready' ? exitCodes.ok : exitCodes.failed;
}

/** `/readyz` answers 503 with the same body when something is wrong. */
async function fetchView<T extends z.ZodType>(
  schema: T,
  { urls, timeoutMs }: Cluster,
  path: string,
): Promise<z.output<T>> {
  const [url = ''] = urls;
  try {
    const answer = await request({ url, method: 'GET', path, timeoutMs });
    return read(schema, url, answer.body);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw unexpected(url, `${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function read<T extends z.ZodType>(schema: T, url: string, body: Buffer): z.output<T> {
  try {
    return schema.parse(JSON.parse(body.toString('utf8')));
  } catch {
    throw unexpected(url, 'what answers there is not a Kvorum node that this command knows');
  }
}

function unexpected(url: string, what: string): CommandError {
  return new CommandError(`${url}: ${what}`, exitCodes.failed);
}

function describe(
  url: string,
  { node, cluster, version, nodes }: NodesView,
  shards: readonly KnownShard[],
  ready: ReadyView,
): string {
  const failing = (ready.checks ?? []).filter(({ ok }) => !ok);
  return [
    `Cluster ${cluster} as node ${node} (${url}, version ${version}) sees it\n`,
    formatTable(['node', 'zone', 'http', 'peer', 'link', 'ms'], nodes.map(nodeRow)),
    formatTable(
      ['shard', 'from', 'members', 'leader', 'here', 'term', 'commit', 'applied', 'revision'],
      shards.map(shardRow),
    ),
    ready.status === 'ready'
      ? 'Ready.\n'
      : `Not ready:\n${failing.map(({ name, detail }) => `  ${name}: ${detail}\n`).join('')}`,
  ].join('\n');
}

function nodeRow(node: NodesView['nodes'][number]): (string | number)[] {
  const link = node.connected ? 'up' : `down${node.last_error ? `: ${node.last_error}` : ''}`;
  return [
    node.node,
    node.zone,
    node.http_address ?? '-',
    node.peer_address,
    node.self ? 'itself' : link,
    node.round_trip_ms === null ? '' : node.round_trip_ms.toFixed(1),
  ];
}

/** `?`: nobody who holds the shard can be asked from here. */
function shardRow({ shard, range, members, leader, replica, seen_by }: KnownShard) {
  return [
    shard,
    range.start.toString(16).padStart(8, '0'),
    seen_by === null ? '?' : membersInBrief(members),
    leader ?? (seen_by === null ? '?' : 'none'),
    replicaInBrief(replica),
    replica?.term ?? '',
    replica?.commit ?? '',
    replica?.applied ?? '',
    replica?.revision ?? '',
  ];
}

/** The copy on the node that was asked, and what is unusual about it. */
function replicaInBrief(replica: ShardView['replica']): string {
  if (replica === null) return '-';
  const follows = replica.role === 'follower' && !replica.voter;
  const words = [follows ? 'learner' : replica.role];
  if (replica.damaged) words.push('damaged');
  if (replica.installing) words.push('installing');
  if (replica.behind_tail) words.push('behind');
  if (replica.quiet) words.push('quiet');
  return words.join(', ');
}
