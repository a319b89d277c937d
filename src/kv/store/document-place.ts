/**
 * Where the documents of the meta group lie: in the same table as all keys, in a range of their own
 * one hash behind the last key's. So snapshots, comparison, removal and repair treat group 0 like
 * any other group. A document's key is longer than a client's key may be: the two never meet.
 */
import type { GroupId } from '../../raft/core/types.js';
import { keyBytesMax } from './command.js';
import { hashCount } from './schema.js';
import type { HashRange } from './types.js';

/** The group whose state is the cluster itself. */
export const metaGroup: GroupId = 0;
export const documentHash = hashCount;
export const documentRange: HashRange = { start: documentHash, end: documentHash + 1 };

const prefix = Buffer.alloc(keyBytesMax);

/** `name` is ASCII, 1 to `documentNameCharactersMax` characters. */
export function documentKey(name: string): Buffer {
  return Buffer.concat([prefix, Buffer.from(name, 'latin1')]);
}

export function documentName(key: Buffer): string {
  return key.toString('latin1', prefix.length);
}

/** The hash by which rows are placed: that of a client's key, or the documents' own. */
export function placeBy(hash: (key: Buffer) => number): (key: Buffer) => number {
  return (key) => (key.length > keyBytesMax ? documentHash : hash(key));
}
