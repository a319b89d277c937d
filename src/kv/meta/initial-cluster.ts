/**
 * What a cluster begins with, computed by every node from the configuration of its first start and
 * equal on all of them: who votes in the meta group, and its first documents.
 */
import type { Configuration, Member } from '../../raft/core/types.js';
import type { ClusterConfiguration, ClusterNode } from '../cluster-configuration.js';
import type { ShardMap } from '../shard/shard-map.js';
import {
  documentNames,
  type MapDocument,
  type NodeDocument,
  type SettingsDocument,
  type ShardDocument,
} from './cluster-documents.js';

/** More voters make the meta group slower and not safer; everybody else learns from them. */
export const metaVotersMax = 5;
const deadAfterMsDefault = 600_000;

export interface InitialDocument {
  readonly name: string;
  readonly value: unknown;
}

/** Replica ids by ascending node id. An odd number of voters, in different zones if there are. */
export function initialMetaConfiguration(nodes: readonly ClusterNode[]): Configuration {
  const inOrder = [...nodes].sort((a, b) => a.id - b.id);
  const voting = new Set(initialVoters(inOrder).map(({ id }) => id));
  const members = inOrder.map(({ id }, order): Member => ({ node: id, replica: order + 1 }));
  return {
    voters: members.filter(({ node }) => voting.has(node)),
    outgoing: [],
    learners: members.filter(({ node }) => !voting.has(node)),
    learnersNext: [],
    autoLeave: false,
    nextReplica: members.length + 1,
  };
}

function initialVoters(nodes: readonly ClusterNode[]): ClusterNode[] {
  const most = Math.min(metaVotersMax, nodes.length);
  const wanted = most % 2 === 0 && most > 2 ? most - 1 : most;
  const chosen: ClusterNode[] = [];
  // Zone after zone, one of each before a second one of any.
  for (let perZone = 1; chosen.length < wanted; perZone += 1) {
    for (const node of nodes) {
      const sameZone = chosen.filter(({ zone }) => zone === node.zone).length;
      if (chosen.length < wanted && !chosen.includes(node) && sameZone < perZone) chosen.push(node);
    }
  }
  return chosen;
}

export function initialDocuments(
  configuration: ClusterConfiguration,
  map: ShardMap,
): readonly InitialDocument[] {
  const groups = map.shards.map(({ group }) => group);
  const first: MapDocument = { epoch: map.version, nextGroup: Math.max(...groups) + 1 };
  const settings: SettingsDocument = {
    replicas: configuration.replicas,
    deadAfterMs: deadAfterMsDefault,
  };
  return [
    { name: documentNames.map, value: first },
    { name: documentNames.settings, value: settings },
    ...configuration.nodes.map((node) => ({
      name: documentNames.node(node.id),
      value: initialNode(node),
    })),
    ...map.shards.map((shard) => ({
      name: documentNames.shard(shard.group),
      value: initialShard(shard),
    })),
  ];
}

/** Addresses and versions are no part of the configuration: each node tells its own later. */
function initialNode({ id, zone, weight }: ClusterNode): NodeDocument {
  const unknown = { peerAddress: '', httpAddress: '', version: '' };
  return { id, zone, weight, ...unknown, state: 'up', stateSinceMs: 0, draining: false };
}

function initialShard(shard: ShardMap['shards'][number]): ShardDocument {
  const { group, range, ringPosition, members, preferredLeader } = shard;
  return {
    group,
    range: { start: range.start, end: range.end },
    epoch: { range: 1, members: 1 },
    ringPosition,
    members: members.map(({ node, replica }) => ({ node, replica, role: 'voter' })),
    preferredLeader,
  };
}
