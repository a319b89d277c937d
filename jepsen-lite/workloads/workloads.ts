/** All workloads, by name. */
import { append } from './append.js';
import { bank } from './bank.js';
import { counter } from './counter.js';
import { kv } from './kv.js';
import { lock } from './lock.js';
import { register } from './register.js';
import { set } from './set.js';
import { shardCas } from './shard-cas.js';
import { stale } from './stale.js';
import type { Workload } from './workload.js';

export const workloads: readonly Workload[] = [
  register,
  kv,
  append,
  bank,
  set,
  counter,
  lock,
  shardCas,
  stale,
];
