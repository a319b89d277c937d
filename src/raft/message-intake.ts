/**
 * What other nodes send, sorted: to the groups that are here, to those that come into being by it,
 * or nowhere. A lost message does no harm, Raft repeats itself.
 */

import type { GroupId, Message, NodeId } from './core/types.js';
import type { Group } from './group.js';
import type { GroupLifecycle } from './group-lifecycle.js';
import type { GroupMessage } from './transport/types.js';

export interface MessageIntakeParts {
  readonly group: (id: GroupId) => Group | undefined;
  readonly lifecycle: GroupLifecycle;
  /** The log has more to write than it should: nothing that adds to it is taken. */
  readonly logIsFull: () => boolean;
  readonly give: (group: Group, message: Message) => void;
  /** The replica here was removed for ever. */
  readonly bury: (group: Group) => void;
  readonly onAskedToLead: ((asked: { group: GroupId; by: NodeId }) => void) | undefined;
}

export class MessageIntake {
  dropped = 0;
  readonly #parts: MessageIntakeParts;

  constructor(parts: MessageIntakeParts) {
    this.#parts = parts;
  }

  take(from: NodeId, messages: readonly GroupMessage[]): void {
    const full = this.#parts.logIsFull();
    for (const { group: id, message } of messages) {
      if (full && needsLog(message)) this.dropped += 1;
      else this.#sort(from, id, message);
    }
  }

  #sort(from: NodeId, id: GroupId, message: Message): void {
    const { lifecycle, give, bury, onAskedToLead } = this.#parts;
    const group = this.#parts.group(id);
    if (group === undefined) lifecycle.addressed(id, message);
    // A node has one replica of a group at a time: the one here was removed and does not know it.
    else if (message.to > group.replica) bury(group);
    // A replica speaks only through its own node; anything else is a stranger or a mix-up.
    else if (message.to === group.replica && group.heardFrom(message.from, from)) {
      if (message.type === 'timeout-now') onAskedToLead?.({ group: id, by: from });
      return give(group, message);
    }
    this.dropped += 1;
  }
}

/** True for what a replica answers, or takes in, through its log. */
function needsLog({ type }: Message): boolean {
  return type === 'append' || type === 'vote' || type === 'pre-vote';
}
