/**
 * Owns what a benchmark starts, as a tap test owns what it starts: everything is closed in reverse
 * order, and clusters show the ends of their logs when something failed.
 */
import type { ClusterOwner } from '../test/system/cluster.js';

export class BenchOwner implements ClusterOwner {
  readonly #closers: (() => Promise<void>)[] = [];
  #failed = false;

  teardown(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  passing(): boolean {
    return !this.#failed;
  }

  comment(text: string): void {
    console.error(text);
  }

  /** Runs `work`, then closes everything, also after an error. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      for (const close of this.#closers.reverse()) await close();
    }
  }
}
