/**
 * What a command on documents does: all of it when every named document has the revision that the
 * proposer saw, nothing otherwise. What the documents mean is decided by whoever proposes; so nodes
 * of different versions never apply the same entry differently.
 */
import { documentHash, documentKey } from './document-place.js';
import type { KeyRows } from './key-rows.js';
import type { ShardDraft } from './shard-draft.js';
import type { DocumentsCommand, DocumentsResult } from './types.js';

export function applyDocuments(
  shard: ShardDraft,
  command: DocumentsCommand,
  rows: KeyRows,
): DocumentsResult {
  if (command.timeMs > shard.timeMs) shard.timeMs = command.timeMs;
  const shardRevision = shard.revision;
  if (command.rangeEpoch !== shard.rangeEpoch || !shard.covers(documentHash)) {
    return { outcome: 'wrong-epoch', shardRevision };
  }
  for (const [name, revision] of command.conditions) {
    const current = rows.find(documentHash, documentKey(name))?.revision ?? 0;
    if (current !== revision) return { outcome: 'conflict', shardRevision, name };
  }
  shard.revision += 1;
  for (const [name, value] of command.puts) putDocument(rows, { name, value }, shard.revision);
  for (const name of command.removals) {
    const row = rows.find(documentHash, documentKey(name));
    if (row !== undefined) rows.remove(documentHash, row);
  }
  const names = [...command.puts.map(([name]) => name), ...command.removals];
  return { outcome: 'changed', shardRevision: shard.revision, names };
}

/** Also for the documents that a cluster begins with. */
export function putDocument(
  rows: KeyRows,
  { name, value }: { readonly name: string; readonly value: unknown },
  revision: number,
): void {
  const key = documentKey(name);
  const row = {
    hash: documentHash,
    key,
    revision,
    expires: 0,
    contentType: 'application/json',
    value: Buffer.from(JSON.stringify(value), 'utf8'),
  };
  rows.putOver(rows.find(documentHash, key), row);
}
