/** R17: a process whose disk has refused a write or a sync calls nothing durable ever after. */
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import type { Ghost } from './ghost.js';

export class FailedDisks implements Check {
  readonly #ghost: Ghost;
  readonly #failed = new WeakMap<ProcessView, string>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  diskFailed(process: ProcessView, operation: 'write' | 'datasync'): void {
    this.#failed.set(process, operation);
  }

  appendDurable(process: ProcessView): void {
    const operation = this.#failed.get(process);
    if (operation === undefined) return;
    const what = `calls a batch durable after a ${operation} has failed`;
    this.#ghost.violated('R17', `node ${process.node} ${what}`);
  }
}
