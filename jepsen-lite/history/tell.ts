/** Operations and values in words, for explanations. */
import type { Value } from './event.js';
import type { Operation } from './operation.js';

const textCharactersMax = 60;

/** What was asked, what the answer was, and who and when. */
export function tell(operation: Operation): string {
  const { f, key, asked, status, process, number, invokedNs, completedNs } = operation;
  const end = status === 'unknown' ? 'never answered' : milliseconds(completedNs);
  const when = `#${number}, client ${process}, ${milliseconds(invokedNs)} to ${end}`;
  const conditions = Object.entries(operation.condition).map(([name, tag]) => `${name} ${tag}`);
  // Some histories have a read ask for nothing, or for what it will find.
  const asks = asked !== undefined && f !== 'read' && f !== 'get';
  const isRead = f === 'watch' || (!asks && f !== 'delete');
  const parts = [
    operation.consistency === 'stale' ? `stale ${f}` : f,
    ...(key === undefined ? [] : [key]),
    ...(asks ? [showValue(asked)] : []),
    ...conditions,
  ];
  return `${parts.join(' ')} -> ${answer(operation, isRead)}${revisions(operation)} (${when})`;
}

function answer({ status, facts, answered }: Operation, isRead: boolean): string {
  if (status !== 'ok') return status;
  const age = facts.stalenessMs === undefined ? '' : `, at most ${facts.stalenessMs} ms old`;
  if (!isRead && answered === undefined) return facts.outcome ?? 'ok';
  return `${showValue(answered)}${age}`;
}

export function showValue(value: Value | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  return shorten(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Of long texts the ends say most: appended texts differ there. */
function shorten(text: string): string {
  if (text === '') return '""';
  if (text.length <= textCharactersMax) return text;
  const half = textCharactersMax / 2;
  return `${text.slice(0, half)} ... ${text.slice(-half)}`;
}

function revisions({ facts: { revision, shardRevision, node } }: Operation): string {
  const parts = [
    ...(revision === undefined ? [] : [`revision ${revision}`]),
    ...(shardRevision === undefined ? [] : [`at shard revision ${shardRevision}`]),
    ...(node === undefined ? [] : [`by node ${node}`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

function milliseconds(ns: number): string {
  return `${Math.round(ns / 1000) / 1000} ms`;
}
