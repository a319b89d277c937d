/**
 * A node says under which addresses it is reached and which version it runs: in its own document,
 * whenever that says something else. So an address may change, and the others learn of it.
 */
import type { Clock } from '../../raft/clock.js';
import type { NodeId } from '../../raft/core/types.js';
import { KvError } from '../errors.js';
import { documentNames, type NodeDocument } from './cluster-documents.js';
import type { MetaGroup } from './meta-group.js';

export interface NodeAnnouncementOptions {
  readonly node: NodeId;
  readonly meta: Pick<MetaGroup, 'view' | 'transact'>;
  readonly clock: Clock;
  readonly facts: Pick<NodeDocument, 'peerAddress' | 'httpAddress' | 'version'>;
}

/** How often it looks; without a majority nothing can be said. */
const periodMs = 2_000;
const timeoutMs = 10_000;

export class NodeAnnouncement {
  readonly #options: NodeAnnouncementOptions;
  #cancel: (() => void) | undefined;
  #underWay = false;

  constructor(options: NodeAnnouncementOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.every(periodMs, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    const { node, meta } = this.#options;
    const own = meta.view?.nodes.get(node);
    if (own === undefined || this.#isTold(own) || this.#underWay) return;
    this.#underWay = true;
    void this.#announce().finally(() => {
      this.#underWay = false;
    });
  }

  async #announce(): Promise<void> {
    const { node, meta, facts } = this.#options;
    const name = documentNames.node(node);
    try {
      await meta.transact((view) => {
        const own = view.nodes.get(node);
        if (own === undefined || this.#isTold(own)) return undefined;
        const conditions = [[name, view.revisionOf(name)]] as const;
        return { conditions, puts: [[name, { ...own, ...facts }]], removals: [] };
      }, timeoutMs);
    } catch (error) {
      // Without a majority now; it is said at a later look.
      if (!(error instanceof KvError)) throw error;
    }
  }

  #isTold(own: NodeDocument): boolean {
    const { facts } = this.#options;
    return (
      own.peerAddress === facts.peerAddress &&
      own.httpAddress === facts.httpAddress &&
      own.version === facts.version
    );
  }
}
