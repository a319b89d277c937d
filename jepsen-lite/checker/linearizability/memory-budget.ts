/** Memory that searches share: each may have as much as any other of those still going on. */
export class MemoryBudget {
  readonly #bytes: number;
  /** Searches going on. */
  sharers = 1;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  allows(bytes: number): boolean {
    return bytes <= this.#bytes / this.sharers;
  }
}
