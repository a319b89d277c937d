/**
 * The receiving side of replication (section 5.3): what a follower does with an append, and what
 * it answers. Only what the message itself proved to match is acknowledged or committed.
 */
import { ImpossibleInput } from './impossible-input.js';
import type { RaftLog } from './log.js';
import type { AppendMessage, AppendResponse, EntryId, Index, ReplicaId, Term } from './types.js';

export type AppendAnswer =
  | { readonly rejected: false; readonly index: Index }
  | { readonly rejected: true; readonly index: Index; readonly hint: EntryId };

export function receiveAppend(log: RaftLog, message: AppendMessage): AppendAnswer {
  // An old append: everything up to the commit index matches every leader's log (D3).
  if (message.previousIndex < log.commit) return { rejected: false, index: log.commit };
  checkEntries(message);
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

/** Nothing but a snapshot helps: of at least this index. */
export function snapshotRequest(
  atLeast: Index,
  ends: { from: ReplicaId; to: ReplicaId; term: Term },
): AppendResponse {
  const refusal = { rejected: true, index: 0, hint: { index: atLeast, term: 0 } } as const;
  return { ...appendResponse(refusal, ends), wantsSnapshot: true };
}

export function appendResponse(
  answer: AppendAnswer,
  ends: { from: ReplicaId; to: ReplicaId; term: Term },
): AppendResponse {
  const hint = answer.rejected ? answer.hint : { index: 0, term: 0 };
  return {
    type: 'append-response',
    from: ends.from,
    to: ends.to,
    term: ends.term,
    rejected: answer.rejected,
    index: answer.index,
    hintIndex: hint.index,
    hintTerm: hint.term,
    wantsSnapshot: false,
  };
}

/** No leader has gaps, falling terms or entries of a later term than its own. */
function checkEntries(message: AppendMessage): void {
  let index = message.previousIndex;
  let term = message.previousTerm;
  for (const entry of message.entries) {
    if (entry.index !== index + 1 || entry.term < term || entry.term > message.term) {
      throw new ImpossibleInput(
        `replica ${message.from}, which leads term ${message.term}, ` +
          `sent entry ${entry.index}/${entry.term} behind ${index}/${term}`,
      );
    }
    index = entry.index;
    term = entry.term;
  }
}
