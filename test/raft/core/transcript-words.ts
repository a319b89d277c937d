/**
 * How a transcript says what happened.
 */
import { decodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import type { RaftStatus } from '../../../src/raft/core/options.js';
import {
  type Append,
  type Configuration,
  type Effects,
  type Entry,
  type EntryId,
  EntryKind,
  type Member,
  type Message,
  NOBODY,
  type ReplicaId,
  type Role,
} from '../../../src/raft/core/types.js';

export function describeEffects(replica: ReplicaId, effects: Effects): string[] {
  const lines: string[] = [];
  const { role, append, apply, reads, proposed, refused, dropped, fetch, handOver } = effects;
  if (role !== undefined) lines.push(describeRole({ self: replica, ...role }));
  for (const { id, entry } of proposed) {
    lines.push(`proposal ${id} stands at ${entry.index}/${entry.term}`);
  }
  for (const { id, reason, detail } of refused) {
    lines.push(`change ${id} is refused: ${reason}, ${detail}`);
  }
  for (const { id, reason } of dropped) lines.push(`request ${id} is dropped: ${reason}`);
  if (append !== undefined) lines.push(`${replica} ${describeAppend(append)}`);
  if (apply.length > 0) lines.push(`${replica} applies ${describeEntries(apply)}`);
  if (effects.configuration !== undefined) {
    lines.push(`in force at ${replica}: ${describeConfiguration(effects.configuration)}`);
  }
  for (const { to, atLeast } of effects.snapshotsWanted) {
    lines.push(`${replica} wants a snapshot of at least ${atLeast} for ${to}`);
  }
  if (fetch !== undefined)
    lines.push(`${replica} fetches ${nameOf(fetch.snapshot)} from ${fetch.from}`);
  if (handOver !== undefined) {
    lines.push(`${replica} hands over to ${handOver.to}: ${handOver.reason}`);
  }
  for (const { id, index } of reads) lines.push(`read ${id} may be served at ${index}`);
  return lines.map((line) => `  ${line}`);
}

function describeRole(now: { self: ReplicaId; role: Role; leader: ReplicaId; term: number }) {
  const { self, role, leader, term } = now;
  if (role === 'leader') return `${self} leads term ${term}`;
  if (role !== 'follower') return `${self} is ${role} in term ${term}`;
  return `${self} follows ${leader === NOBODY ? 'nobody' : leader} in term ${term}`;
}

function nameOf({ index, term }: EntryId): string {
  return `${index}/${term}`;
}

function describeAppend({ token, hardState, snapshot, entries, then }: Append): string {
  const parts: string[] = [];
  if (hardState !== undefined) {
    const { term, vote, commit } = hardState;
    parts.push(`term ${term} vote ${vote} commit ${commit}`);
  }
  if (snapshot !== undefined) parts.push(`the log begins after ${nameOf(snapshot)}`);
  if (entries.length > 0) parts.push(describeEntries(entries));
  if (parts.length === 0) parts.push('nothing');
  const waiting = then.map((message) => `${message.type} to ${message.to}`);
  const after = waiting.length > 0 ? `; then ${waiting.join(', ')}` : '';
  return `writes #${token}: ${parts.join(', ')}${after}`;
}

function describeEntries(entries: readonly Entry[]): string {
  return entries
    .map(({ index, term, kind, data }) => {
      return `${index}/${term} ${describeContent(kind, data)}`;
    })
    .join(', ');
}

function describeContent(kind: EntryKind, data: Uint8Array): string {
  if (kind === EntryKind.empty) return 'empty';
  if (kind === EntryKind.command) return Buffer.from(data).toString();
  const configuration = decodeConfiguration(data);
  return configuration === undefined ? 'nonsense' : `(${describeConfiguration(configuration)})`;
}

export function describeMessage(message: Message): string {
  return `${message.from} -> ${message.to} ${message.type} term ${message.term}${details(message)}`;
}

/** `1 2 3 | 1 2 learning 4 next 1`: voters, those of the outgoing set, learners. */
export function describeConfiguration(configuration: Configuration): string {
  const { voters, outgoing, learners, learnersNext } = configuration;
  const ids = (members: readonly Member[]) => members.map(({ replica }) => replica).join(' ');
  const parts = [ids(voters)];
  if (outgoing.length > 0) parts.push(`| ${ids(outgoing)}`);
  if (learners.length > 0) parts.push(`learning ${ids(learners)}`);
  if (learnersNext.length > 0) parts.push(`next ${ids(learnersNext)}`);
  return parts.join(' ') || 'nobody';
}

function details(message: Message): string {
  switch (message.type) {
    case 'append': {
      const { previousIndex, previousTerm, entries, commit } = message;
      const content = entries.length > 0 ? ` [${describeEntries(entries)}]` : '';
      return ` after ${previousIndex}/${previousTerm}${content} commit ${commit}`;
    }
    case 'append-response': {
      const { rejected, index, hintIndex, hintTerm, wantsSnapshot } = message;
      if (wantsSnapshot) return ` wants a snapshot of at least ${hintIndex}`;
      return rejected ? ` refuses ${index}, try ${hintIndex}/${hintTerm}` : ` has ${index}`;
    }
    case 'heartbeat':
      if (message.quiet) return ` commit ${message.commit}, going quiet`;
      return ` commit ${message.commit} round ${message.context}`;
    case 'heartbeat-response':
      return message.context === 0 ? ', a poke' : ` round ${message.context}`;
    case 'pre-vote':
    case 'vote': {
      const { lastIndex, lastTerm, commit, transfer } = message;
      return ` log ends ${lastIndex}/${lastTerm} commit ${commit}${transfer ? ' transfer' : ''}`;
    }
    case 'pre-vote-response':
    case 'vote-response':
      return message.granted ? ' granted' : ' refused';
    case 'timeout-now':
      return ` if the log has ${message.lastIndex}/${message.lastTerm}`;
    case 'read-index':
      return ` question ${message.context}`;
    case 'read-index-response':
      return ` question ${message.context}: ${message.index}`;
    case 'snapshot': {
      const { index, term, configuration } = message.snapshot;
      return ` at ${index}/${term} of ${describeConfiguration(configuration)}`;
    }
    case 'gone':
      return '';
  }
}

export function describeStatus(status: RaftStatus): string {
  const { durable, commit, applied, transferring, lastIndex } = status;
  const parts = [
    describeRole(status),
    `last ${lastIndex} durable ${durable} commit ${commit} applied ${applied}`,
  ];
  if (status.installing) parts.push(status.wantsSnapshot ? 'wants a snapshot' : 'installing');
  if (status.fetching !== undefined) parts.push(`fetching ${nameOf(status.fetching)}`);
  if (status.removed) parts.push('removed');
  if (status.quiet) parts.push('quiet');
  if (transferring) parts.push('transferring');
  return parts.join(', ');
}
