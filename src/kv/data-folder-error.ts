/**
 * Why a node cannot start on a data folder: a stable code for scripts, a sentence for people.
 */
import type { ClusterConfiguration, ClusterNode, NodeIdentity } from './cluster-configuration.js';

export type DataFolderErrorCode =
  /** Missing rights, a read-only or full file system, a broken path. */
  | 'folder_unusable'
  | 'not_a_folder'
  /** Not empty, and not a data folder. */
  | 'foreign_folder'
  | 'in_use'
  | 'other_cluster'
  | 'other_node'
  /** Other nodes, zones, weights, shards or replicas than at the first start. */
  | 'other_configuration'
  | 'newer_format'
  | 'damaged_file';

export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
  readonly code: DataFolderErrorCode;
  readonly path: string;
  constructor(code: DataFolderErrorCode, path: string, reason: string) {
    super(`data folder ${path}: ${reason}`);
    this.code = code;
    this.path = path;
  }
}

/** Throws the first difference between what the folder was made for and what is asked now. */
export function refuseDifference(path: string, kept: NodeIdentity, asked: NodeIdentity): void {
  if (kept.clusterId !== asked.clusterId) {
    const reason = `it belongs to cluster "${kept.clusterId}", not "${asked.clusterId}"`;
    throw new DataFolderError('other_cluster', path, reason);
  }
  if (kept.nodeId !== asked.nodeId) {
    const reason = `it belongs to node ${kept.nodeId}, not ${asked.nodeId}`;
    throw new DataFolderError('other_node', path, reason);
  }
  const difference = configurationDifference(kept.configuration, asked.configuration);
  if (difference !== undefined) {
    const reason = `${difference}; the configuration of a cluster is fixed at its first start`;
    throw new DataFolderError('other_configuration', path, reason);
  }
}

function configurationDifference(
  kept: ClusterConfiguration,
  asked: ClusterConfiguration,
): string | undefined {
  if (kept.shards !== asked.shards) {
    return `it was made with ${kept.shards} shards, not ${asked.shards}`;
  }
  if (kept.replicas !== asked.replicas) {
    return `it was made with ${kept.replicas} replicas, not ${asked.replicas}`;
  }
  return nodesDifference(kept.nodes, asked.nodes);
}

function nodesDifference(
  kept: readonly ClusterNode[],
  asked: readonly ClusterNode[],
): string | undefined {
  const askedById = new Map(asked.map((node) => [node.id, node]));
  const keptIds = new Set(kept.map((node) => node.id));
  const added = asked.filter((node) => !keptIds.has(node.id));
  const removed = kept.filter((node) => !askedById.has(node.id));
  if (added.length + removed.length > 0) {
    const list = (nodes: readonly ClusterNode[]) => nodes.map((node) => node.id).join(', ');
    return `it was made for nodes ${list(kept)}, not ${list(asked)}`;
  }
  for (const node of kept) {
    const now = askedById.get(node.id);
    if (now?.zone !== node.zone) {
      return `it was made with node ${node.id} in zone "${node.zone}", not "${now?.zone}"`;
    }
    if (now.weight !== node.weight) {
      return `it was made with weight ${node.weight} for node ${node.id}, not ${now.weight}`;
    }
  }
  return undefined;
}
