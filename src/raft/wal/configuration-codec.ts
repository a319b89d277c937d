/**
 * A configuration as bytes: it travels in compaction marks, group births and group tables, because
 * a group must be able to vote while the state behind it is older than the log.
 */
import type { Configuration, Member } from '../core/types.js';
import { getUint64, isCount, putUint64 } from './integers.js';

const HEADER_BYTES = 24;
const MEMBER_BYTES = 16;
/** More than any group will have; keeps a decoder from believing nonsense. */
export const MEMBERS_MAX = 1024;

export function configurationBytes(configuration: Configuration): number {
  const { voters, outgoing, learners, learnersNext } = configuration;
  const members = voters.length + outgoing.length + learners.length + learnersNext.length;
  return HEADER_BYTES + MEMBER_BYTES * members;
}

/** Returns where the configuration ends. */
export function putConfiguration(
  view: DataView,
  start: number,
  configuration: Configuration,
): number {
  let at = start + HEADER_BYTES;
  view.setUint32(start, configuration.autoLeave ? 1 : 0, true);
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
  return at;
}

/** Undefined when what stands between `start` and `end` is not exactly a configuration. */
export function getConfiguration(
  view: DataView,
  start: number,
  end: number,
): Configuration | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const flags = view.getUint32(start, true);
  if (flags > 1) return undefined;
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
  if (at !== end) return undefined;
  const [voters = [], outgoing = [], learners = [], learnersNext = []] = lists;
  return { voters, outgoing, learners, learnersNext, autoLeave: flags === 1 };
}

function listsOf(configuration: Configuration): readonly (readonly Member[])[] {
  const { voters, outgoing, learners, learnersNext } = configuration;
  return [voters, outgoing, learners, learnersNext];
}
