/** Short ways to write commands and entries in tests. */

import { encodeCommand } from '../../../src/kv/store/command.js';
import { documentRange, metaGroup } from '../../../src/kv/store/document-place.js';
import type {
  Command,
  DeleteCommand,
  PutCommand,
  ShardBirth,
  VerifyCommand,
} from '../../../src/kv/store/types.js';
import { type Entry, EntryKind } from '../../../src/raft/core/types.js';

/** FNV-1a over the hash tag or the key: spreads well enough, needs nothing. */
export function testHash(key: Buffer): number {
  const text = key.toString('latin1');
  const tag = /\{(.+?)\}/s.exec(text)?.[1] ?? text;
  let hash = 0x811c9dc5;
  for (let at = 0; at < tag.length; at += 1) {
    hash = Math.imul(hash ^ tag.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}

export function put(
  key: string,
  value: string | Buffer,
  more: Partial<Omit<PutCommand, 'type' | 'key' | 'value'>> = {},
): PutCommand {
  return {
    type: 'put',
    key: Buffer.from(key),
    value: typeof value === 'string' ? Buffer.from(value) : value,
    condition: {},
    rangeEpoch: 1,
    timeMs: 1000,
    contentType: '',
    expiresMs: 0,
    ...more,
  };
}

export function remove(
  key: string,
  more: Partial<Omit<DeleteCommand, 'type' | 'key'>> = {},
): DeleteCommand {
  return {
    type: 'delete',
    key: Buffer.from(key),
    condition: {},
    rangeEpoch: 1,
    timeMs: 1000,
    ...more,
  };
}

export function verify(more: Partial<Omit<VerifyCommand, 'type'>> = {}): VerifyCommand {
  return { type: 'verify', rangeEpoch: 1, timeMs: 1000, ...more };
}

export function entry(index: number, command: Command): Entry {
  return { index, term: 1, kind: EntryKind.command, data: encodeCommand(command) };
}

export function emptyEntry(index: number): Entry {
  return { index, term: 1, kind: EntryKind.empty, data: Buffer.alloc(0) };
}

/** `count` shards of equal size: groups 1 to `count`. */
/** Without it the documents' place belongs to nobody, and is looked at when a store opens. */
export const metaBirth: ShardBirth = {
  group: metaGroup,
  range: documentRange,
  epoch: { range: 1, members: 1 },
  revision: 1,
  applied: 0,
};

export function births(count: number): ShardBirth[] {
  const width = Math.floor(2 ** 32 / count);
  return Array.from({ length: count }, (_, at) => ({
    group: at + 1,
    range: { start: at * width, end: at === count - 1 ? 2 ** 32 : (at + 1) * width },
    epoch: { range: 1, members: 1 },
    revision: 0,
    applied: 0,
  }));
}
