/** Ctrl-C and its relatives, for a command that has something to stop. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal asks for an orderly end, the second for an immediate one. */
export class StopSignals {
  requested = false;
  readonly first: Promise<void>;
  readonly second: Promise<void>;
  #onFirst = () => {};
  #onSecond = () => {};

  constructor() {
    this.first = new Promise((resolve) => {
      this.#onFirst = resolve;
    });
    this.second = new Promise((resolve) => {
      this.#onSecond = resolve;
    });
    for (const signal of stopSignals) process.on(signal, this.#receive);
  }

  close(): void {
    for (const signal of stopSignals) process.off(signal, this.#receive);
  }

  readonly #receive = () => {
    if (this.requested) this.#onSecond();
    this.requested = true;
    this.#onFirst();
  };
}
