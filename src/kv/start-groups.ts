/**
 * The groups that a node begins with. At its first start the meta group and those that the map
 * gives it, all members alike: index 0, term 0. From then on what its log says and nothing else,
 * for members come and go.
 */
import type { GroupId } from '../raft/core/types.js';
import type { GroupBirth, Recovered } from '../raft/wal/types.js';
import { type InitialGroup, initialGroups } from './initial-groups.js';
import type { KvNodeParts } from './node-parts.js';
import { metaGroup } from './store/document-place.js';
import type { NewShard } from './store/types.js';

/** The node's data is not what it must be; it does not start. */
export class NodeDataError extends Error {
  override readonly name = 'NodeDataError';
}

export interface StartGroups {
  readonly recovered: Pick<Recovered, 'groups' | 'tombstones'>;
  /** Groups that begin with nothing, to be created in the state where they are missing. */
  readonly births: readonly NewShard[];
  /** The groups were born just now. */
  readonly first: boolean;
}

export async function startGroups(parts: KvNodeParts, found: Recovered): Promise<StartGroups> {
  const initial = initialGroups(parts);
  const first = found.groups.length === 0 && found.tombstones.size === 0;
  if (first) refuseForgottenLog(parts);
  const recovered = await bear(parts, { initial, found, first });
  refuseMissingGroup(parts, { initial, recovered });
  // After the log and again at each start: a crash between the two is made good here. A group
  // whose log begins later got its state from a snapshot, and would get it from one again.
  const fromNothing = new Set(recovered.groups.filter(({ mark }) => isBirth(mark)).map(idOf));
  const births = initial.filter((group) => fromNothing.has(idOf(group))).map(({ birth }) => birth);
  return { recovered, births, first };
}

function isBirth({ index, configuration }: GroupBirth['mark']): boolean {
  return index === 0 && configuration.voters.length > 0;
}

/** What an empty log has forgotten, the state or the peers remember. */
function refuseForgottenLog({ store, metPeers, walPath }: KvNodeParts): void {
  if (store.shards().length === 0 && !metPeers) return;
  throw new NodeDataError(
    `${walPath} holds no log, but this node has served before. Without its log it has ` +
      'forgotten its votes and what it acknowledged, and must not start. Restore the folder, ' +
      'or replace this node by one with an id that was never used.',
  );
}

/**
 * At the first start all initial groups, in one batch. Later the meta group alone, where an
 * earlier version without one has written the log.
 */
async function bear(
  { wal }: KvNodeParts,
  state: { initial: readonly InitialGroup[]; found: Recovered; first: boolean },
): Promise<StartGroups['recovered']> {
  const { initial, found, first } = state;
  const known = new Set([...found.groups.map(idOf), ...found.tombstones.keys()]);
  const born = first ? initial : initial.filter(({ group }) => group === metaGroup);
  const created = born
    .filter(({ group }) => !known.has(group))
    .map(({ group, replica, configuration }): GroupBirth => {
      const hardState = { term: 0, vote: 0, commit: 0 };
      return { group, replica, mark: { index: 0, term: 0, configuration }, hardState };
    });
  if (created.length === 0) return found;
  await wal.write({ created, removed: [], writes: [] });
  const nothing = { lastIndex: 0, terms: [], configurations: [] };
  const groups = [...found.groups, ...created.map((birth) => ({ ...birth, ...nothing }))];
  return { groups, tombstones: found.tombstones };
}

/** All groups of the first start were born in one batch: one alone cannot be missing. */
function refuseMissingGroup(
  { walPath }: KvNodeParts,
  state: { initial: readonly InitialGroup[]; recovered: StartGroups['recovered'] },
): void {
  const { groups, tombstones } = state.recovered;
  const found = new Set(groups.map(idOf));
  const lacking = state.initial.map(idOf).find((id) => !found.has(id) && !tombstones.has(id));
  if (lacking === undefined) return;
  throw new NodeDataError(`${walPath} knows nothing of shard ${lacking}, which this node holds.`);
}

function idOf({ group }: { readonly group: GroupId }): GroupId {
  return group;
}
