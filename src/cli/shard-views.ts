/**
 * Who the members of a shard are, as those see it who hold a copy. A node without one knows only
 * where the shard began, and one that lost touch knows what it was then; so every node that can be
 * reached is asked, and of each shard its leader is believed, or else whoever knows the newest
 * configuration.
 */
import type { Cluster } from './cluster-request.js';
import type { NodesView, ShardView } from './cluster-view.js';
import { CommandError } from './command-errors.js';
import { HttpFailure, request } from './http-request.js';

/** A node that does not answer must not hold up the others' views. */
const viewTimeoutMs = 1_500;

export interface KnownShard extends ShardView {
  /** Whose view of leader and members this is; null: nobody who holds the shard answered. */
  readonly seen_by: number | null;
}

interface View {
  readonly node: number;
  readonly shards: readonly ShardView[];
}

export interface ViewSource {
  readonly cluster: Cluster;
  readonly path: string;
  readonly read: (url: string, body: Buffer) => readonly ShardView[];
}

/** `own`: as the node that was asked first sees them; its `replica` is kept in the result. */
export async function knownShards(
  own: readonly ShardView[],
  nodes: NodesView,
  source: ViewSource,
): Promise<readonly KnownShard[]> {
  const others = nodes.nodes.filter(({ self, http_address }) => !self && http_address !== null);
  const views = await Promise.all(
    others.map(async ({ node, http_address }): Promise<View> => {
      return { node, shards: await viewOf(`http://${http_address}`, source) };
    }),
  );
  const all = [{ node: nodes.node, shards: own }, ...views];
  return own.map((shard) => known(shard, all));
}

async function viewOf(
  url: string,
  { cluster, path, read }: ViewSource,
): Promise<readonly ShardView[]> {
  const timeoutMs = Math.min(viewTimeoutMs, cluster.timeoutMs);
  try {
    const { status, body } = await request({ url, method: 'GET', path, timeoutMs });
    return status === 200 ? read(url, body) : [];
  } catch (error) {
    if (error instanceof HttpFailure || error instanceof CommandError) return [];
    throw error;
  }
}

function known(own: ShardView, views: readonly View[]): KnownShard {
  let best: { readonly node: number; readonly shard: ShardView } | undefined;
  for (const { node, shards } of views) {
    const shard = shards.find((view) => view.shard === own.shard);
    if (shard === undefined || shard.replica === null) continue;
    if (best === undefined || weight(shard) > weight(best.shard)) best = { node, shard };
  }
  if (best === undefined) return { ...own, seen_by: null };
  const { epoch, members, changing, leader } = best.shard;
  return { ...own, epoch, members, changing, leader, seen_by: best.node };
}

/** Terms and epochs stay far below 2^26. */
function weight({ replica, epoch }: ShardView): number {
  const leads = replica?.role === 'leader' ? replica.term : 0;
  return leads * 2 ** 26 + epoch.members;
}
