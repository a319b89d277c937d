/**
 * Nodes join, change, and leave. Pure decisions over the documents; they throw KvError. What is
 * on a node is moved by plans and jobs; here only what the cluster knows of it changes.
 */
import { KvError } from '../errors.js';
import { audited } from './audit-log.js';
import type { Author } from './author.js';
import type { ClusterDocuments, Decision, NodeDocument } from './cluster-documents.js';

export interface NodeIntroduction {
  readonly zone?: string | undefined;
  readonly weight: number;
  readonly peerAddress: string;
  readonly httpAddress: string;
  readonly version: string;
  /** Of its data folder: the same folder that asks again is the same node. */
  readonly storeId: string;
}

export type NodeChange = Partial<
  Pick<NodeDocument, 'zone' | 'weight' | 'peerAddress' | 'httpAddress'>
>;

export function joinNode(
  documents: ClusterDocuments,
  introduction: NodeIntroduction,
  author: Author,
): Decision<NodeDocument> {
  const { nodes, map } = documents;
  const { storeId, peerAddress } = introduction;
  const known = [...nodes.values()].find((node) => node.storeId === storeId);
  if (known !== undefined) return { changes: new Map(), answer: known };
  checkAddress(documents, peerAddress);
  // A number is never given twice: what a node that left has promised under it must stay its own.
  const id = Math.max(map.nextNode ?? 1, ...[...nodes.keys()].map((other) => other + 1));
  const { zone = String(id), ...rest } = introduction;
  const state = { state: 'up', stateSinceMs: author.nowMs, draining: false } as const;
  const node: NodeDocument = { id, zone, ...rest, ...state };
  const changes = [
    [`nodes/${id}`, node],
    ['map', { ...map, nextNode: id + 1 }],
  ] as const;
  const change = { action: 'node.join', subject: `nodes/${id}`, after: summary(node) };
  return { changes: audited(documents, author, change, changes), answer: node };
}

export function changeNode(
  documents: ClusterDocuments,
  id: number,
  wanted: NodeChange,
  author: Author,
): Decision<NodeDocument> {
  const node = nodeIn(documents, id);
  if (wanted.peerAddress !== undefined) checkAddress(documents, wanted.peerAddress, id);
  return changed(documents, author, 'node.change', { before: node, after: { ...node, ...wanted } });
}

/** What is left to be moved away stays where it is; a job that moves it is cancelled for itself. */
export function undrainNode(
  documents: ClusterDocuments,
  id: number,
  author: Author,
): Decision<NodeDocument> {
  const node = nodeIn(documents, id);
  if (!node.draining) return { changes: new Map(), answer: node };
  const after = { ...node, draining: false };
  return changed(documents, author, 'node.undrain', { before: node, after });
}

/** Only what holds nothing leaves: a replica that is removed by force is lost. */
export function removeNode(
  documents: ClusterDocuments,
  id: number,
  author: Author,
): Decision<NodeDocument> {
  const node = nodeIn(documents, id);
  const held = [...documents.shards.values()].filter(({ members }) =>
    members.some((member) => member.node === id),
  );
  if (held.length > 0) {
    const names = held.slice(0, 10).map(({ group }) => group);
    const words = `Node ${id} holds ${held.length} replica(s), of shards ${names.join(', ')}.`;
    throw new KvError('node_in_use', {}, words);
  }
  if (documents.nodes.size === 1) {
    throw new KvError('node_in_use', {}, `Node ${id} is the last node of the cluster.`);
  }
  const pinned = [...documents.pins.values()].filter((pin) => pin.node === id);
  const { map } = documents;
  const changes: [string, object | undefined][] = [
    [`nodes/${id}`, undefined],
    ['map', { ...map, nextNode: Math.max(map.nextNode ?? 1, id + 1) }],
    ...pinned.map((pin): [string, undefined] => [`pins/${pin.id}`, undefined]),
  ];
  const change = { action: 'node.remove', subject: `nodes/${id}`, before: summary(node) };
  return { changes: audited(documents, author, change, changes), answer: node };
}

export function nodeIn({ nodes }: Pick<ClusterDocuments, 'nodes'>, id: number): NodeDocument {
  const node = nodes.get(id);
  if (node !== undefined) return node;
  throw new KvError('node_not_found', {}, `There is no node ${id} in this cluster.`);
}

function checkAddress({ nodes }: ClusterDocuments, peerAddress: string, self?: number): void {
  const other = [...nodes.values()].find((n) => n.peerAddress === peerAddress && n.id !== self);
  if (other === undefined) return;
  const words = `Node ${other.id} has the peer address ${peerAddress} already.`;
  throw new KvError('node_in_use', {}, words);
}

function changed(
  documents: ClusterDocuments,
  author: Author,
  action: string,
  { before, after }: { readonly before: NodeDocument; readonly after: NodeDocument },
): Decision<NodeDocument> {
  const subject = `nodes/${after.id}`;
  const change = { action, subject, before: summary(before), after: summary(after) };
  const changes = [[subject, after] as const];
  return { changes: audited(documents, author, change, changes), answer: after };
}

function summary({ zone, weight, peerAddress, httpAddress, draining }: NodeDocument) {
  return { zone, weight, peerAddress, httpAddress, draining };
}
