/** All workloads, by name. */
import { kv } from './kv.js';
import { register } from './register.js';
import type { Workload } from './workload.js';

export const workloads: readonly Workload[] = [register, kv];
