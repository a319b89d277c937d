/**
 * Locks with fencing tokens. Two clients may both believe that they hold a lock, when one of them
 * was paused for longer than its lease; so the verdict is about tokens. Each holder gets a token
 * greater than all before, and once what a lock guards has met a token, it takes no smaller one.
 */
import type { Operation } from '../history/operation.js';
import { tell } from '../history/tell.js';
import {
  answeredNumber,
  askedNumber,
  type Finding,
  finding,
  type KeyRule,
} from './judge-by-key.js';

export const lockRule: KeyRule = {
  claim: 'each holder of a lock gets a greater token, and old tokens are refused',
  fs: ['acquire', 'release', 'guarded'],
  judge(operations) {
    const tokens = operations.flatMap((operation): Token[] => {
      const { f, status } = operation;
      if (status !== 'ok') return [];
      if (f === 'acquire') return [{ operation, token: answeredNumber(operation) }];
      return f === 'guarded' ? [{ operation, token: askedNumber(operation) }] : [];
    });
    return givenTwice(tokens) ?? madeUp(tokens, operations) ?? tooSmall(tokens);
  },
};

interface Token {
  readonly operation: Operation;
  readonly token: number;
}

function givenTwice(tokens: readonly Token[]): Finding | undefined {
  const given = new Map<number, Operation>();
  for (const { operation, token } of tokens) {
    if (operation.f !== 'acquire') continue;
    const other = given.get(token);
    if (other !== undefined) {
      const words = `token ${token} was given twice: ${tell(other)} and ${tell(operation)}`;
      return finding(words, other, operation);
    }
    given.set(token, operation);
  }
  return undefined;
}

/** A holder uses his token after he got it. The answer with it may be lost, but not his call. */
function madeUp(tokens: readonly Token[], operations: readonly Operation[]): Finding | undefined {
  const given = new Map<number, Operation>();
  for (const { operation, token } of tokens) {
    if (operation.f === 'acquire') given.set(token, operation);
  }
  const lost = operations.filter(({ f, status }) => f === 'acquire' && status === 'unknown');
  for (const { operation, token } of tokens) {
    if (operation.f !== 'guarded') continue;
    const holder = given.get(token);
    const begun = (acquire: Operation) => acquire.invokedAt < operation.completedAt;
    if (holder === undefined ? lost.some(begun) : begun(holder)) continue;
    const words =
      holder === undefined
        ? `${tell(operation)} was accepted with a token that nobody was given`
        : `${tell(operation)} was accepted before its token was given: ${tell(holder)}`;
    return holder === undefined ? finding(words, operation) : finding(words, operation, holder);
  }
  return undefined;
}

/** By the greatest token that was given, for those who acquire, or met, for those who write. */
function tooSmall(tokens: readonly Token[]): Finding | undefined {
  const begins = [...tokens].sort((a, b) => a.operation.invokedAt - b.operation.invokedAt);
  const ends = [...tokens].sort((a, b) => a.operation.completedAt - b.operation.completedAt);
  let [given, met]: (Token | undefined)[] = [];
  let over = 0;
  for (const later of begins) {
    const { operation, token } = later;
    for (let next = ends[over]; next !== undefined; next = ends[over]) {
      if (next.operation.completedAt > operation.invokedAt) break;
      if (given === undefined || next.token > given.token) given = next;
      const writes = next.operation.f === 'guarded';
      if (writes && (met === undefined || next.token > met.token)) met = next;
      over += 1;
    }
    if (operation.f === 'acquire' && given !== undefined && given.token >= token) {
      const known = `a token as great was known before: ${tell(given.operation)}`;
      const words = `${tell(operation)}, although ${known}`;
      return finding(words, operation, given.operation);
    }
    if (operation.f === 'guarded' && met !== undefined && met.token > token) {
      const after = tell(met.operation);
      const words = `${tell(operation)} was accepted with an old token after ${after}`;
      return finding(words, operation, met.operation);
    }
  }
  return undefined;
}
