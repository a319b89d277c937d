/**
 * How long a cluster takes to serve again: from the end of the last fault until every endpoint has
 * answered a request that began after it. A fault that begins meanwhile ends the measurement
 * without a result, for nobody could say what it measures.
 */
import type { Answered } from './client.js';

export class RecoveryTimes {
  readonly #endpoints: number;
  readonly #timesMs: number[] = [];
  #open = 0;
  #stoppedNs: number | undefined;
  #waiting = new Set<number>();

  constructor(endpoints: number) {
    this.#endpoints = endpoints;
  }

  faultStarted(): void {
    this.#open += 1;
    this.#stoppedNs = undefined;
  }

  faultStopped(nowNs: number): void {
    this.#open = Math.max(0, this.#open - 1);
    if (this.#open > 0) return;
    this.#stoppedNs = nowNs;
    this.#waiting = new Set(Array.from({ length: this.#endpoints }, (_, i) => i));
  }

  answered({ type, endpoint, invokedNs, completedNs }: Answered): void {
    if (this.#stoppedNs === undefined || type !== 'ok' || invokedNs < this.#stoppedNs) return;
    this.#waiting.delete(endpoint);
    if (this.#waiting.size > 0) return;
    this.#timesMs.push((completedNs - this.#stoppedNs) / 1e6);
    this.#stoppedNs = undefined;
  }

  get p50Ms(): number | null {
    return quantile(this.#timesMs, 0.5);
  }

  get maxMs(): number | null {
    return quantile(this.#timesMs, 1);
  }
}

export function quantile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1);
  const found = sorted[Math.max(0, at)];
  return found === undefined ? null : Math.round(found * 10) / 10;
}
