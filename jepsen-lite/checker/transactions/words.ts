/** Transactions and their cycles in words. */
import type { Value } from '../../history/event.js';
import type { Operation } from '../../history/operation.js';
import { showValue } from '../../history/tell.js';
import type { Cycle } from './cycles.js';
import type { Dependency } from './dependency-graph.js';
import type { WriteKind } from './transaction.js';

export function nameOf({ number }: Operation): string {
  return `T${number}`;
}

/** What it did, whose it was and when. */
export function tellTransaction(operation: Operation): string {
  const { process, status, asked, answered, invokedNs, completedNs } = operation;
  const steps = answered ?? asked ?? [];
  const did = Array.isArray(steps) ? steps.map(tellStep).join(', ') : showValue(steps);
  const outcome = { ok: '', fail: ', refused', unknown: ', never answered' }[status];
  const end = status === 'unknown' ? '' : ` to ${inMilliseconds(completedNs)}`;
  const when = `client ${process}, ${inMilliseconds(invokedNs)}${end}${outcome}`;
  return `${nameOf(operation)} = ${did} (${when})`;
}

/** What two did together that cannot be. */
export function tellBoth(what: string, one: Operation, other: Operation): string {
  const lines = [one, other].map((operation) => `\n  ${tellTransaction(operation)}`);
  return `${nameOf(one)} and ${nameOf(other)} ${what}:${lines.join('')}`;
}

function tellStep(step: Value): string {
  if (!Array.isArray(step)) return showValue(step);
  const [kind, key, value] = step as readonly Value[];
  if (kind === 'r') return `read ${String(key)} = ${showValue(value)}`;
  return kind === 'append'
    ? `append ${showValue(value)} to ${String(key)}`
    : `write ${String(key)} = ${showValue(value)}`;
}

/** First who, then why each comes before the next, and that this leads back to the first. */
export function tellCycle(
  { edges }: Cycle,
  operations: readonly Operation[],
  writes: WriteKind,
): string {
  const at = (node: number): Operation | undefined => operations[node];
  const who = edges.flatMap(({ from }) => at(from) ?? []);
  const [first] = who;
  const lines = edges.map((edge, i) => {
    const [from, to] = [at(edge.from), at(edge.to)];
    if (from === undefined || to === undefined) return '';
    const last = i === edges.length - 1;
    const therefore = last ? 'But' : i === 0 ? 'Then' : 'And';
    const order = `${nameOf(from)} comes before ${nameOf(to)}`;
    return `  ${therefore} ${order}: ${reason(edge, from, to, writes)}${tellSince(edge, at)}.`;
  });
  const names = [...who, ...(first === undefined ? [] : [first])].map(nameOf).join(' < ');
  return [
    ...who.map((operation) => `  Let ${tellTransaction(operation)}.`),
    ...lines,
    `  So ${names}: no order of them is possible.`,
  ].join('\n');
}

function reason(edge: Dependency, from: Operation, to: Operation, writes: WriteKind): string {
  const { kind, key, seenInTime } = edge;
  const [a, b] = [nameOf(from), nameOf(to)];
  const before = showValue(edge.before);
  const after = showValue(edge.after);
  const since =
    seenInTime === undefined ? '' : ` (${tellSeen(seenInTime.earlier, seenInTime.later)})`;
  const appends = writes === 'append';
  switch (kind) {
    case 'rt':
      return [
        `${a} was answered at ${inMilliseconds(from.completedNs)}`,
        `and ${b} began at ${inMilliseconds(to.invokedNs)}`,
      ].join(', ');
    case 'wr':
      return `${b} read ${before} in ${key}, which ${a} ${appends ? 'appended' : 'wrote'}`;
    case 'ww':
      return appends
        ? `${b} appended ${after} to ${key} after ${a} appended ${before}`
        : `${b} wrote ${key} = ${after} after ${a} wrote ${before}${since}`;
    case 'rw':
      return appends
        ? `${a} read ${key} without ${after}, which ${b} appended`
        : `${a} read ${key} = ${before}, which ${b} replaced by ${after}${since}`;
  }
}

/** What it follows from, where it was not seen itself. */
function tellSince(
  { since, before, after, kind }: Dependency,
  at: (node: number) => Operation | undefined,
): string {
  const [one, other] = since === undefined ? [] : [at(since.before), at(since.after)];
  if (one === undefined || other === undefined) return '';
  const order = `other dependencies say that ${nameOf(one)} comes before ${nameOf(other)}`;
  const role =
    kind === 'ww'
      ? `which read ${showValue(after)}`
      : `while ${nameOf(one)} wrote ${showValue(before)}`;
  return ` (${order}, ${role})`;
}

function tellSeen(earlier: Operation, later: Operation): string {
  const first = `${nameOf(earlier)} met the one and was answered`;
  return `${first} before ${nameOf(later)} began, which met the other`;
}

function inMilliseconds(ns: number): string {
  return `${Math.round(ns / 1000) / 1000} ms`;
}
