/** Who changes something, why, and by which request: what the audit log keeps of every change. */
import type { Idempotency, Origin } from './plan-document.js';

export interface Author {
  readonly origin: Origin;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
  readonly nowMs: number;
  /** Of this one change: when its answer is lost, the log says by this whether it was made. */
  readonly token: string;
  /** Of a request that creates something, when its client gave it a name. */
  readonly idempotency?: Idempotency | undefined;
}
