/**
 * The receiving side of replication (section 5.3): what a follower does with an append, and what
 * it answers. Only what the message itself proved to match is acknowledged or committed.
 */
import type { RaftLog } from './log.js';
import type { AppendMessage, EntryId, Index } from './types.js';

export type AppendAnswer =
  | { readonly rejected: false; readonly index: Index }
  | { readonly rejected: true; readonly index: Index; readonly hint: EntryId };

export function receiveAppend(log: RaftLog, message: AppendMessage): AppendAnswer {
  // An old append: everything up to the commit index matches every leader's log (D3).
  if (message.previousIndex < log.commit) return { rejected: false, index: log.commit };
  const previous = { index: message.previousIndex, term: message.previousTerm };
  if (!log.acceptFrom(previous, message.entries)) {
    const end = Math.min(previous.index, log.lastIndex);
    const hint = log.lastPossibleMatch(end, previous.term);
    return { rejected: true, index: previous.index, hint };
  }
  // Not the log's end: what stands behind the message may be another leader's (B3, B4).
  const matched = previous.index + message.entries.length;
  log.commitTo(Math.min(message.commit, matched));
  return { rejected: false, index: matched };
}
