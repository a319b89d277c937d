/**
 * The cluster as this node knows it: the documents of the meta group at one revision, read and
 * checked. Immutable; a change is another view. Every node has one locally, for every node is at
 * least a learner of the meta group, so nothing that is routed has to ask anybody.
 */
import { z } from 'zod';
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { type Shard, ShardMap, shardMapSchema } from '../shard/shard-map.js';
import type { Revision, StoredDocument } from '../store/types.js';
import {
  documentNames,
  type MapDocument,
  mapDocument,
  type NodeDocument,
  nodeDocument,
  type SettingsDocument,
  type ShardDocument,
  settingsDocument,
  shardDocument,
} from './cluster-documents.js';

/** A document that this version cannot read: it was written by a newer one, or damaged. */
export class ClusterDocumentError extends Error {
  override readonly name = 'ClusterDocumentError';
}

type Documents = ReadonlyMap<string, StoredDocument>;

/** What of the view before is true of the next one, so that it need not be read again. */
type Unchanged = {
  readonly [part in 'nodes' | 'shards' | 'shardMap']: ClusterView[part] | undefined;
};

const nodePrefix = documentNames.node('');
const shardPrefix = documentNames.shard('');

export class ClusterView {
  /** Of the meta group, at least that of every document. */
  readonly revision: Revision;
  readonly nodes: ReadonlyMap<NodeId, NodeDocument>;
  readonly shards: ReadonlyMap<GroupId, ShardDocument>;
  readonly map: MapDocument;
  readonly settings: SettingsDocument;
  /** The directory that requests are routed by. */
  readonly shardMap: ShardMap;
  readonly #documents: Documents;

  private constructor(documents: Documents, revision: Revision, unchanged?: Unchanged) {
    this.revision = revision;
    this.#documents = documents;
    this.map = parse(mapDocument, documents.get(documentNames.map), documentNames.map);
    const { settings } = documentNames;
    this.settings = parse(settingsDocument, documents.get(settings), settings);
    this.nodes = unchanged?.nodes ?? parseNodes(documents);
    this.shards = unchanged?.shards ?? parseShards(documents);
    this.shardMap = unchanged?.shardMap ?? shardMapOf(this.map, this.shards);
  }

  /** Throws ClusterDocumentError. */
  static of(documents: readonly StoredDocument[], revision: Revision): ClusterView {
    const byName = new Map(documents.map((document) => [document.name, document]));
    return new ClusterView(byName, revision);
  }

  /** Another view, in which the named documents are these; undefined: it is gone. */
  with(changed: ReadonlyMap<string, StoredDocument | undefined>, revision: Revision): ClusterView {
    const documents = new Map(this.#documents);
    for (const [name, document] of changed) {
      if (document === undefined) documents.delete(name);
      else documents.set(name, document);
    }
    const names = [...changed.keys()];
    const sameShards = !names.some((name) => name.startsWith(shardPrefix));
    return new ClusterView(documents, revision, {
      nodes: names.some((name) => name.startsWith(nodePrefix)) ? undefined : this.nodes,
      shards: sameShards ? this.shards : undefined,
      shardMap: sameShards ? this.shardMap : undefined,
    });
  }

  document(name: string): StoredDocument | undefined {
    return this.#documents.get(name);
  }

  /** 0 where there is no such document: what a condition must say. */
  revisionOf(name: string): Revision {
    return this.#documents.get(name)?.revision ?? 0;
  }

  names(prefix: string): readonly string[] {
    return namesIn(this.#documents, prefix);
  }
}

/** Shards that leave a gap, overlap or hold two replicas on a node are no map. */
function shardMapOf({ epoch }: MapDocument, documents: ClusterView['shards']): ShardMap {
  const shards = [...documents.values()].map(shardOf);
  shards.sort((a, b) => a.range.start - b.range.start);
  const result = shardMapSchema.safeParse({ version: epoch, shards });
  if (result.success) return new ShardMap(epoch, result.data.shards);
  throw new ClusterDocumentError(`the shards are no map: ${z.prettifyError(result.error)}`);
}

function shardOf({ group, range, members, ringPosition, preferredLeader }: ShardDocument): Shard {
  const voters = members.filter(({ role }) => role === 'voter');
  const inOrder = voters.map(({ node, replica }) => ({ node, replica }));
  inOrder.sort((a, b) => a.node - b.node);
  return { group, range, members: inOrder, ringPosition, preferredLeader };
}

function namesIn(documents: Documents, prefix: string): readonly string[] {
  return [...documents.keys()].filter((name) => name.startsWith(prefix));
}

function parse<T>(schema: z.ZodType<T>, document: StoredDocument | undefined, name: string): T {
  const result = schema.safeParse(document?.value);
  if (result.success) return result.data;
  throw new ClusterDocumentError(`document "${name}": ${z.prettifyError(result.error)}`);
}

function parseNodes(documents: Documents): ClusterView['nodes'] {
  const all = parseAll(documents, nodePrefix, nodeDocument).sort((a, b) => a.id - b.id);
  return new Map(all.map((node) => [node.id, node]));
}

function parseShards(documents: Documents): ClusterView['shards'] {
  const all = parseAll(documents, shardPrefix, shardDocument).sort((a, b) => a.group - b.group);
  return new Map(all.map((shard) => [shard.group, shard]));
}

function parseAll<T>(documents: Documents, prefix: string, schema: z.ZodType<T>): T[] {
  return namesIn(documents, prefix).map((name) => parse(schema, documents.get(name), name));
}
