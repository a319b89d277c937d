/** Who wrote which element, whether it was the transaction's last word, and whether it happened. */
import { HistoryError } from '../../history/history-error.js';
import type { Element, Transaction } from './transaction.js';

export interface Writer {
  readonly transaction: Transaction;
  /** A later step of the transaction wrote the same key: nobody else may see this one alone. */
  readonly intermediate: boolean;
}

export class Writers {
  readonly #byKey = new Map<string, Map<Element, Writer>>();

  constructor(transactions: readonly Transaction[]) {
    for (const transaction of transactions) {
      const last = new Map<string, number>();
      for (const [at, step] of transaction.steps.entries()) {
        if (step.kind === 'write') last.set(step.key, at);
      }
      for (const [at, step] of transaction.steps.entries()) {
        if (step.kind !== 'write') continue;
        const writer = { transaction, intermediate: last.get(step.key) !== at };
        this.#add(step.key, step.element, writer);
      }
    }
  }

  of(key: string, element: Element): Writer | undefined {
    return this.#byKey.get(key)?.get(element);
  }

  /** In the order of their calls. */
  elements(key: string): Iterable<[Element, Writer]> {
    return this.#byKey.get(key) ?? [];
  }

  keys(): Iterable<string> {
    return this.#byKey.keys();
  }

  #add(key: string, element: Element, writer: Writer): void {
    const ofKey = this.#byKey.get(key) ?? new Map<Element, Writer>();
    this.#byKey.set(key, ofKey);
    const other = ofKey.get(element);
    if (other !== undefined) {
      const [first, second] = [other, writer].map(
        ({ transaction }) => transaction.operation.number,
      );
      throw new HistoryError(
        `operations ${first} and ${second} both write ${JSON.stringify(element)} to key ${key}; ` +
          'without values that are written once nobody can tell who was read',
      );
    }
    ofKey.set(element, writer);
  }
}

/**
 * Those that took effect for sure: confirmed, or never answered and seen by somebody. What nobody
 * answered and nobody saw is left out; it may be that it never happened.
 */
export function happened(
  transactions: readonly Transaction[],
  seen: ReadonlySet<Transaction>,
): Transaction[] {
  return transactions.filter(
    (transaction) =>
      transaction.operation.status === 'ok' ||
      (transaction.operation.status === 'unknown' && seen.has(transaction)),
  );
}
