/**
 * The fixed configuration of a cluster: which nodes there are, in which zones, with which weights,
 * and into how many shards with how many replicas the keys are divided. All nodes must be started
 * with the same one, for each computes the shard map from it; its digest is kept in the data
 * folder and compared between peers. Addresses are not part of it: they may change.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { NodeId } from '../raft/core/types.js';

export const nodeIdMax = 65_535;
export const nodesMax = 1_000;
export const shardsMax = 1_024;
export const weightMin = 0.1;
export const weightMax = 1_000;
export const zoneCharactersMax = 64;

export interface ClusterNode {
  readonly id: NodeId;
  /** Failure domain; by default the node's own id in decimal. */
  readonly zone: string;
  /** Share of the replicas relative to the other nodes. */
  readonly weight: number;
}

export interface ClusterConfiguration {
  /** Ascending by id. */
  readonly nodes: readonly ClusterNode[];
  readonly shards: number;
  /** As asked for; `replicasPerShard` says how many there are on few nodes. */
  readonly replicas: 1 | 3 | 5;
}

/** What a data folder is bound to for ever. */
export interface NodeIdentity {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly configuration: ClusterConfiguration;
}

const clusterNodeSchema = z.strictObject({
  id: z.int().min(1).max(nodeIdMax),
  zone: z
    .string()
    .min(1)
    .max(zoneCharactersMax)
    .regex(/^[A-Za-z0-9._-]+$/, 'a zone is made of letters, digits, ".", "_" and "-"'),
  weight: z.number().min(weightMin).max(weightMax),
});

/** Checks, and puts the nodes in order. */
export const clusterConfigurationSchema = z
  .strictObject({
    nodes: z.array(clusterNodeSchema).min(1).max(nodesMax),
    shards: z.int().min(1).max(shardsMax),
    replicas: z.union([z.literal(1), z.literal(3), z.literal(5)]),
  })
  .refine(({ nodes }) => new Set(nodes.map((node) => node.id)).size === nodes.length, {
    path: ['nodes'],
    error: 'a node id occurs twice',
  })
  .transform((given): ClusterConfiguration => ({ ...given, nodes: inOrder(given.nodes) }));

function inOrder(nodes: readonly ClusterNode[]): ClusterNode[] {
  return [...nodes].sort((a, b) => a.id - b.id);
}

/**
 * How many replicas a shard gets: the greatest odd number that neither the wish nor the number of
 * nodes is below, because an even number tolerates no more failures than the odd one before it and
 * needs one more acknowledgement. Two nodes are the exception: 2, not 1. Either way a lost node
 * stops writes to (some) shards, but with two replicas every acknowledged write is on two disks
 * and the surviving node still answers stale reads, while with one a lost disk is lost data.
 */
export function replicasPerShard(configuration: ClusterConfiguration): number {
  return replicasOn(configuration.nodes.length, configuration.replicas);
}

export function replicasOn(nodeCount: number, wanted: ClusterConfiguration['replicas']): number {
  if (wanted === 1) return 1;
  if (nodeCount === 2) return 2;
  const oddNodeCount = nodeCount % 2 === 1 ? nodeCount : nodeCount - 1;
  return Math.min(wanted, oddNodeCount);
}

/** SHA-256 in hexadecimal over the configuration's only spelling; the order given is no matter. */
export function configurationDigest(configuration: ClusterConfiguration): string {
  const nodes = inOrder(configuration.nodes).map(({ id, zone, weight }) => [id, zone, weight]);
  const spelling = JSON.stringify([nodes, configuration.shards, configuration.replicas]);
  return createHash('sha256').update(spelling).digest('hex');
}
