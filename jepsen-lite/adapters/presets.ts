/** The products that are known without a file. */
import { consul } from './consul.js';
import type { AdapterDescription } from './description.js';
import { etcd } from './etcd.js';
import { kvorum } from './kvorum.js';

export const presets: readonly AdapterDescription[] = [kvorum, etcd, consul];
