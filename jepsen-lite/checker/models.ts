/** The models beside linearizability, by name, and the operations that each understands. */
import type { HistoryEvent } from '../history/event.js';
import type { Operation } from '../history/operation.js';
import { bankRule } from './bank.js';
import { counterRule } from './counter.js';
import { judgeByKey, type KeyRule } from './judge-by-key.js';
import type { Limits } from './limits.js';
import { lockRule } from './lock.js';
import { setRule } from './set.js';
import { shardCasRule } from './shard-cas.js';
import { checkStale, staleFs } from './stale.js';
import { checkListAppend, checkRegisterTransactions } from './transactions/transactions.js';
import type { Verdict } from './verdict.js';
import { watchRule } from './watch.js';

export interface ModelEntry {
  check(events: readonly HistoryEvent[], operations: readonly Operation[], limits: Limits): Verdict;
  readonly fs: readonly string[];
}

export const specialModels = {
  append: { check: checkListAppend, fs: ['txn'] },
  'rw-register': { check: checkRegisterTransactions, fs: ['txn'] },
  bank: byRule(bankRule),
  set: byRule(setRule),
  counter: byRule(counterRule),
  lock: byRule(lockRule),
  watch: byRule(watchRule),
  'shard-cas': byRule(shardCasRule),
  stale: { check: checkStale, fs: staleFs },
} satisfies Record<string, ModelEntry>;

function byRule(rule: KeyRule): ModelEntry {
  return { check: (_, operations) => judgeByKey(rule, operations), fs: rule.fs };
}
