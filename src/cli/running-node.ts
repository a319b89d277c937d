/** A node as the command line sees it. */
import type { NodeConfig } from './config.js';

export interface RunningNode {
  /** Hands leaderships over, drains and closes everything. Idempotent. */
  close(): Promise<void>;
}

/**
 * Resolves when the node listens on both ports. Rejects with a CommandError for what an operator
 * can mend; anything else is a programming error and keeps its stack.
 */
export type RunNode = (config: NodeConfig) => Promise<RunningNode>;
