/**
 * Which nodes placement reckons with. A node that is suspect, or dead for a short while, keeps
 * what it has: most come back. It is given nothing new meanwhile.
 */
import { replicasOn } from '../cluster-configuration.js';
import type { ClusterView, ViewNode } from './cluster-view.js';

/** Its replicas are rebuilt elsewhere. */
export function isGone(node: ViewNode, view: ClusterView): boolean {
  return node.state === 'dead' && view.nowMs - node.stateSinceMs >= view.settings.deadAfterMs;
}

/** The nodes among which the shards are divided. */
export function eligibleNodes(view: ClusterView): ViewNode[] {
  return view.nodes.filter((node) => !node.draining && !isGone(node, view));
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
