/**
 * The groups that a node begins with at its first start: the meta group, which every node has, and
 * its shards. The same on all members of a group, computed from the cluster's configuration.
 */
import { invariant } from '../raft/core/invariant.js';
import type { Configuration, GroupId, ReplicaId } from '../raft/core/types.js';
import { initialDocuments, initialMetaConfiguration } from './meta/initial-cluster.js';
import type { KvNodeParts } from './node-parts.js';
import type { Shard } from './shard/shard-map.js';
import { documentRange, metaGroup } from './store/document-place.js';
import type { NewShard } from './store/types.js';

export interface InitialGroup {
  readonly group: GroupId;
  /** Of this node. */
  readonly replica: ReplicaId;
  readonly configuration: Configuration;
  readonly birth: NewShard;
}

export function initialGroups(
  parts: Pick<KvNodeParts, 'node' | 'configuration' | 'map'>,
): readonly InitialGroup[] {
  const { node, configuration, map } = parts;
  const meta = initialMetaConfiguration(configuration.nodes);
  const self = [...meta.voters, ...meta.learners].find((member) => member.node === node);
  invariant(self !== undefined, 'a node is in the configuration of its cluster');
  const documents = initialDocuments(configuration, map);
  const metaBirth = { ...begin, group: metaGroup, range: documentRange, revision: 1, documents };
  return [
    { group: metaGroup, replica: self.replica, configuration: meta, birth: metaBirth },
    ...map.heldBy(node).map((shard) => initialShard(shard, node)),
  ];
}

const begin = { epoch: { range: 1, members: 1 }, revision: 0, applied: 0 };

function initialShard(shard: Shard, node: number): InitialGroup {
  const { group, members, range } = shard;
  const replica = members.find((member) => member.node === node)?.replica ?? 0;
  const configuration = {
    voters: members,
    outgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
    nextReplica: Math.max(...members.map((member) => member.replica)) + 1,
  };
  return { group, replica, configuration, birth: { ...begin, group, range } };
}
