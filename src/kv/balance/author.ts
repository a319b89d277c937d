/** Who changes something, why, and by which request: what the audit log keeps of every change. */
import type { Idempotency, Origin } from './plan-document.js';

export interface Author {
  readonly origin: Origin;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
  readonly nowMs: number;
  /** Of a request that creates something, when its client gave it a name. */
  readonly idempotency?: Idempotency | undefined;
}
