/** Operations and values in words, for explanations. */
import type { Value } from './event.js';
import type { Operation } from './operation.js';

const textCharactersMax = 60;

/** What was asked, what the answer was, and who and when. */
export function tell(operation: Operation): string {
  const { f, asked, status, process, number, invokedNs, completedNs } = operation;
  const end = status === 'unknown' ? 'never answered' : milliseconds(completedNs);
  const when = `#${number}, client ${process}, ${milliseconds(invokedNs)} to ${end}`;
  const isRead = f === 'watch' || (!asks({ f, asked }) && f !== 'delete');
  return `${tellCall(operation)} -> ${answer(operation, isRead)}${revisions(operation)} (${when})`;
}

type Call = Pick<Operation, 'f' | 'asked' | 'condition'> &
  Partial<Pick<Operation, 'key' | 'consistency'>>;

/** What was asked alone. */
export function tellCall({ f, key, asked, condition, consistency }: Call): string {
  const parts = [
    consistency === 'stale' ? `stale ${f}` : f,
    ...(key === undefined ? [] : [key]),
    ...(asks({ f, asked }) ? [showValue(asked)] : []),
    ...Object.entries(condition).map(([name, tag]) => `${name} ${tag}`),
  ];
  return parts.join(' ');
}

/** Some histories have a read ask for nothing, or for what it will find. */
function asks({ f, asked }: Pick<Call, 'f' | 'asked'>): boolean {
  return asked !== undefined && f !== 'read' && f !== 'get';
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
