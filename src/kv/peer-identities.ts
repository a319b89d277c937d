/**
 * Which data folder each peer had when it was first met. A node that comes back under its old id
 * with another store id has lost its log and its votes: it could vote twice in one term and help
 * to elect a leader that lacks acknowledged entries. The transport asks here and refuses it.
 */
import { z } from 'zod';
import type { NodeId } from '../raft/core/types.js';
import type { PeerIdentities } from '../raft/transport/peer-identities.js';
import { nodeIdMax, nodesMax } from './cluster-configuration.js';
import { DamagedFile, readDurableJson, writeDurableJson } from './durable-json.js';

export class IdentityConflict extends Error {
  override readonly name = 'IdentityConflict';
}

export const storeIdPattern = /^[0-9a-f]{32}$/;

const fileSchema = z.strictObject({
  formatVersion: z.literal(1),
  peers: z
    .array(
      z.strictObject({
        node: z.int().min(1).max(nodeIdMax),
        storeId: z.string().regex(storeIdPattern),
      }),
    )
    .max(nodesMax),
});

export class PeerIdentitiesFile implements PeerIdentities {
  readonly #path: string;
  /** What the file on disk says, or a newer state of it. */
  readonly #durable: Map<NodeId, string>;
  readonly #pending = new Map<NodeId, { readonly storeId: string; readonly done: Promise<void> }>();
  /** Settles with the newest write, never rejects; the next one waits for it. */
  #idle: Promise<unknown> = Promise.resolve();

  private constructor(path: string, durable: Map<NodeId, string>) {
    this.#path = path;
    this.#durable = durable;
  }

  /** Writes a file that knows nobody. */
  static async create(path: string): Promise<void> {
    await writeDurableJson(path, { formatVersion: 1, peers: [] });
  }

  /** Rejects with DamagedFile, also without a file: an empty one was made with the folder. */
  static async open(path: string): Promise<PeerIdentitiesFile> {
    const content = await readDurableJson(path);
    if (content === undefined) throw new DamagedFile('it is missing');
    const parsed = fileSchema.safeParse(content);
    if (!parsed.success) throw new DamagedFile(z.prettifyError(parsed.error));
    const known = parsed.data.peers.map(({ node, storeId }) => [node, storeId] as const);
    return new PeerIdentitiesFile(path, new Map(known));
  }

  known(node: NodeId): string | undefined {
    return this.#durable.get(node);
  }

  remember(node: NodeId, storeId: string): Promise<void> {
    const pending = this.#pending.get(node);
    const known = this.#durable.get(node) ?? pending?.storeId;
    if (known !== undefined && known !== storeId) {
      return Promise.reject(new IdentityConflict(conflict(node, known, storeId)));
    }
    if (known === storeId) return pending?.done ?? Promise.resolve();
    const done = this.#idle.then(() => this.#add(node, storeId));
    this.#pending.set(node, { storeId, done });
    const forget = () => this.#pending.delete(node);
    this.#idle = done.then(forget, forget);
    return done;
  }

  async #add(node: NodeId, storeId: string): Promise<void> {
    const peers = [...this.#durable, [node, storeId] as const]
      .sort(([a], [b]) => a - b)
      .map(([id, store]) => ({ node: id, storeId: store }));
    await writeDurableJson(this.#path, { formatVersion: 1, peers });
    this.#durable.set(node, storeId);
  }
}

function conflict(node: NodeId, known: string, storeId: string): string {
  return `node ${node} is known with store ${known}, not ${storeId}`;
}
