/**
 * A configuration as bytes: the data of a configuration entry, and a part of compaction marks,
 * group births and group tables, because a group must be able to vote while the state behind it
 * is older than the log.
 *
 *   0   flags     u32   bit 0: auto-leave; bit 1: nextReplica follows
 *   4   zero      u32
 *   8   counts    4 u32 voters, outgoing, learners, learnersNext
 *   24  members   16 bytes each: node u32, zero u32, replica u64
 *   ... nextReplica u64, if bit 1 is set; older files lack it, and no replica had left by then
 */

import { getUint64, isCount, putUint64 } from './integers.js';
import type { Configuration, Member } from './types.js';

const HEADER_BYTES = 24;
const MEMBER_BYTES = 16;
const NEXT_REPLICA_BYTES = 8;
const AUTO_LEAVE = 1;
const NEXT_REPLICA = 2;
/** More than any group will have; keeps a decoder from believing nonsense. */
export const MEMBERS_MAX = 1024;

export function configurationBytes(configuration: Configuration): number {
  const { voters, outgoing, learners, learnersNext } = configuration;
  const members = voters.length + outgoing.length + learners.length + learnersNext.length;
  return HEADER_BYTES + MEMBER_BYTES * members + NEXT_REPLICA_BYTES;
}

/** Returns where the configuration ends. */
export function putConfiguration(
  view: DataView,
  start: number,
  configuration: Configuration,
): number {
  let at = start + HEADER_BYTES;
  view.setUint32(start, NEXT_REPLICA | (configuration.autoLeave ? AUTO_LEAVE : 0), true);
  view.setUint32(start + 4, 0, true);
  listsOf(configuration).forEach((members, list) => {
    view.setUint32(start + 8 + 4 * list, members.length, true);
    for (const member of members) {
      view.setUint32(at, member.node, true);
      view.setUint32(at + 4, 0, true);
      putUint64(view, at + 8, member.replica);
      at += MEMBER_BYTES;
    }
  });
  putUint64(view, at, configuration.nextReplica);
  return at + NEXT_REPLICA_BYTES;
}

/** Undefined when what stands between `start` and `end` is not exactly a configuration. */
export function getConfiguration(
  view: DataView,
  start: number,
  end: number,
): Configuration | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const flags = view.getUint32(start, true);
  if (flags > (AUTO_LEAVE | NEXT_REPLICA)) return undefined;
  let at = start + HEADER_BYTES;
  const lists: Member[][] = [];
  for (let list = 0; list < 4; list++) {
    const count = view.getUint32(start + 8 + 4 * list, true);
    if (count > MEMBERS_MAX || at + count * MEMBER_BYTES > end) return undefined;
    const members: Member[] = [];
    for (let i = 0; i < count; i++, at += MEMBER_BYTES) {
      const replica = getUint64(view, at + 8);
      if (!isCount(replica)) return undefined;
      members.push({ node: view.getUint32(at, true), replica });
    }
    lists.push(members);
  }
  const nextReplicaKept = (flags & NEXT_REPLICA) !== 0;
  if (at + (nextReplicaKept ? NEXT_REPLICA_BYTES : 0) !== end) return undefined;
  const nextReplica = nextReplicaKept ? getUint64(view, at) : greatestReplica(lists) + 1;
  if (!isCount(nextReplica)) return undefined;
  const [voters = [], outgoing = [], learners = [], learnersNext = []] = lists;
  const autoLeave = (flags & AUTO_LEAVE) !== 0;
  return { voters, outgoing, learners, learnersNext, autoLeave, nextReplica };
}

function greatestReplica(lists: readonly (readonly Member[])[]): number {
  let greatest = 0;
  for (const { replica } of lists.flat()) greatest = Math.max(greatest, replica);
  return greatest;
}

function listsOf(configuration: Configuration): readonly (readonly Member[])[] {
  const { voters, outgoing, learners, learnersNext } = configuration;
  return [voters, outgoing, learners, learnersNext];
}

/** The data of a configuration entry. */
export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const data = new Uint8Array(configurationBytes(configuration));
  putConfiguration(new DataView(data.buffer), 0, configuration);
  return data;
}

export function decodeConfiguration(data: Uint8Array): Configuration | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return getConfiguration(view, 0, data.byteLength);
}
