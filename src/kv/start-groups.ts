/**
 * The groups that a node begins with. At its first start those that the map gives it, all members
 * alike: index 0, term 0. From then on what its log says and nothing else, for members come and go.
 */
import type { Configuration } from '../raft/core/types.js';
import type { GroupBirth, Recovered } from '../raft/wal/types.js';
import type { KvNodeParts } from './node-parts.js';
import type { Shard } from './shard/shard-map.js';
import type { ShardBirth } from './store/types.js';

/** The node's data is not what it must be; it does not start. */
export class NodeDataError extends Error {
  override readonly name = 'NodeDataError';
}

export interface StartGroups {
  readonly recovered: Pick<Recovered, 'groups' | 'tombstones'>;
  /** Shards that begin with nothing, to be created in the state where they are missing. */
  readonly births: readonly ShardBirth[];
  /** The groups were born just now. */
  readonly first: boolean;
}

export async function startGroups(parts: KvNodeParts, found: Recovered): Promise<StartGroups> {
  const held = parts.map.heldBy(parts.node);
  const empty = found.groups.length === 0 && found.tombstones.size === 0;
  if (empty) refuseForgottenLog(parts, { held, fresh: found.fresh });
  const first = empty && held.length > 0;
  const recovered = first ? await bear(parts, held) : found;
  refuseMissingGroup(parts, { held, recovered });
  // After the log and again at each start: a crash between the two is made good here. A group
  // whose log begins later got its state from a snapshot, and would get it from one again.
  const fromNothing = recovered.groups.filter(({ mark }) => isBirth(mark));
  const births = fromNothing.flatMap(({ group }) => {
    const shard = parts.map.shard(group);
    return shard === undefined ? [] : [shardBirth(shard)];
  });
  return { recovered, births, first };
}

function isBirth({ index, configuration }: GroupBirth['mark']): boolean {
  return index === 0 && configuration.voters.length > 0;
}

/** What an empty log has forgotten, the state, the peers or the log's own folder remember. */
function refuseForgottenLog(
  { store, metPeers, walPath }: KvNodeParts,
  { held, fresh }: { held: readonly Shard[]; fresh: boolean },
): void {
  const promised = store.shards().length > 0 || (metPeers && (fresh || held.length > 0));
  if (!promised) return;
  throw new NodeDataError(
    `${walPath} holds no log, but this node has served before. Without its log it has ` +
      'forgotten its votes and what it acknowledged, and must not start. Restore the folder, ' +
      'or replace this node by one with an id that was never used.',
  );
}

async function bear(
  { node, wal }: KvNodeParts,
  held: readonly Shard[],
): Promise<StartGroups['recovered']> {
  const created = held.map((shard): GroupBirth => {
    const self = shard.members.find((member) => member.node === node);
    return {
      group: shard.group,
      replica: self?.replica ?? 0,
      mark: { index: 0, term: 0, configuration: configurationOf(shard) },
      hardState: { term: 0, vote: 0, commit: 0 },
    };
  });
  await wal.write({ created, removed: [], writes: [] });
  const nothing = { lastIndex: 0, terms: [], configurations: [] };
  return { groups: created.map((birth) => ({ ...birth, ...nothing })), tombstones: new Map() };
}

/** All groups of the first start were born in one batch: one alone cannot be missing. */
function refuseMissingGroup(
  { walPath }: KvNodeParts,
  { held, recovered }: { held: readonly Shard[]; recovered: StartGroups['recovered'] },
): void {
  const found = new Set(recovered.groups.map(({ group }) => group));
  const lacking = held.find(({ group }) => !found.has(group) && !recovered.tombstones.has(group));
  if (lacking === undefined) return;
  throw new NodeDataError(
    `${walPath} knows nothing of shard ${lacking.group}, which this node holds.`,
  );
}

function configurationOf(shard: Shard): Configuration {
  return {
    voters: shard.members,
    outgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
    nextReplica: Math.max(...shard.members.map(({ replica }) => replica)) + 1,
  };
}

function shardBirth(shard: Shard): ShardBirth {
  return {
    group: shard.group,
    range: shard.range,
    epoch: { range: 1, members: 1 },
    revision: 0,
    applied: 0,
  };
}
