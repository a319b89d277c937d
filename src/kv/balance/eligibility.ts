/**
 * Which nodes placement reckons with. A node that is suspect keeps what it has: most come back. It
 * is given nothing new meanwhile. One that is dead was silent for the cluster's `deadAfterMs`
 * already: what it held is rebuilt elsewhere, and nobody waits a second time.
 */
import { replicasOn } from '../cluster-configuration.js';
import type { ClusterView, ViewNode } from './cluster-view.js';

/** The nodes among which the shards are divided. */
export function eligibleNodes(view: ClusterView): ViewNode[] {
  return view.nodes.filter((node) => !node.draining && node.state !== 'dead');
}

export function isUp(node: ViewNode | undefined): boolean {
  return node?.state === 'up';
}

/**
 * How many voters a shard should have. Dead nodes count: a shard that has lost a replica wants it
 * back, it does not want to be smaller. Draining ones do not: they are on their way out.
 */
export function replicasWanted(view: ClusterView): number {
  const staying = view.nodes.filter((node) => !node.draining).length;
  return replicasOn(Math.max(1, staying), view.settings.replicas);
}
