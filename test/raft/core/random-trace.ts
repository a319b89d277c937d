/**
 * The lines of a random run's trace.
 */
import type { Effects, Message } from '../../../src/raft/core/types.js';

export function messageLine(message: Message): string {
  const data = JSON.stringify(message, (key, value) => {
    if (key === 'entries') {
      return value.map((e: { index: number; term: number }) => `${e.index}/${e.term}`);
    }
    return key === 'configuration' ? undefined : value;
  });
  return data.replaceAll('"', '');
}

export function effectsLine(effects: Effects): string {
  const { send, append, apply, reads, dropped, role, snapshotsWanted, fetch } = effects;
  const { configuration, proposed, refused } = effects;
  const parts = [`send ${send.length}`];
  if (append !== undefined) {
    const entries = append.entries.map(
      ({ index, term, kind }) => `${index}/${term}${kind === 2 ? '*' : ''}`,
    );
    parts.push(`write #${append.token} [${entries}] ${JSON.stringify(append.hardState ?? {})}`);
    const { snapshot } = append;
    if (snapshot !== undefined) parts.push(`log begins at ${snapshot.index}/${snapshot.term}`);
  }
  if (snapshotsWanted.length > 0) parts.push(`wants ${JSON.stringify(snapshotsWanted)}`);
  if (fetch !== undefined) parts.push(`fetch ${fetch.snapshot.index} from ${fetch.from}`);
  if (apply.length > 0) parts.push(`apply ${apply.length} from ${apply[0]?.index}`);
  if (reads.length > 0) parts.push(`reads ${JSON.stringify(reads)}`);
  if (dropped.length > 0) parts.push(`dropped ${JSON.stringify(dropped)}`);
  if (proposed.length > 0) parts.push(`proposed ${proposed.length}`);
  if (refused.length > 0) parts.push(`refused ${refused.map(({ detail }) => detail)}`);
  if (configuration !== undefined) {
    const { voters, outgoing, learners, learnersNext } = configuration;
    const lists = [voters, outgoing, learners, learnersNext];
    parts.push(`members ${lists.map((list) => list.map(({ replica }) => replica)).join('|')}`);
  }
  if (role !== undefined) parts.push(`${role.role} of ${role.term}, leader ${role.leader}`);
  return parts.join('; ');
}
