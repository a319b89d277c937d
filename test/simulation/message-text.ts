/** Raft messages in the words of a trace: short, and everything that matters. */
import type { Message } from '../../src/raft/core/types.js';
import type { GroupMessage } from '../../src/raft/transport/types.js';

export function messagesText(messages: readonly GroupMessage[]): string {
  return messages.map(({ group, message }) => `g${group} ${messageText(message)}`).join('; ');
}

export function messageText(message: Message): string {
  const { type, from, to, term } = message;
  return `${type} r${from}>r${to} t${term}${details(message)}`;
}

/** The rest of the fields, those with values worth reading. */
function details(message: Message): string {
  if (message.type === 'append') {
    const { previousIndex, previousTerm, entries, commit } = message;
    return ` ${previousIndex}.${previousTerm}+${entries.length} c${commit}`;
  }
  const { type: _type, from: _from, to: _to, term: _term, ...rest } = message;
  let text = '';
  for (const [name, value] of Object.entries(rest)) {
    if (value === false || value === 0) continue;
    text += value === true ? ` ${name}` : ` ${name}=${JSON.stringify(value)}`;
  }
  return text;
}
