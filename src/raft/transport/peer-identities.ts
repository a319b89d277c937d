/**
 * Which data folder each node id belonged to when it was first met. A node that lost its data
 * folder but kept its id would vote and acknowledge as somebody it no longer is, so a known id
 * with another store id is refused for ever.
 */
import type { NodeId } from '../core/types.js';

export interface PeerIdentities {
  /** The store id remembered for this node, if it was ever met. */
  known(node: NodeId): string | undefined;
  /** Resolves when it is durable; no stream of this node is used before. */
  remember(node: NodeId, storeId: string): Promise<void>;
}
