/** Who breaks the cluster while clients work: what a run asks of it, and what it is told. */

export interface NemesisHooks {
  /** A lane of faults draws and injects its next one; where a run is resumed, this tells. */
  turn(lane: number, turn: number): void;
  /** In words and facts. */
  started(fault: string, what: string): void;
  /** Whether it has been seen to hold. */
  probed(fault: string, holds: boolean): void;
  stopped(fault: string, what: string): void;
}

export interface Nemesis {
  /** Until the signal; all faults have ended when it returns. */
  run(hooks: NemesisHooks, signal: AbortSignal): Promise<void>;
}

export interface FaultCount {
  readonly name: string;
  count: number;
  verified: number;
}

/** How often each fault was looked for, and how often it was seen to hold. */
export class FaultCounts {
  readonly #byName = new Map<string, FaultCount>();

  probed(name: string, holds: boolean): void {
    const fault = this.#of(name);
    fault.count += 1;
    if (holds) fault.verified += 1;
  }

  get all(): FaultCount[] {
    return [...this.#byName.values()];
  }

  #of(name: string): FaultCount {
    const known = this.#byName.get(name) ?? { name, count: 0, verified: 0 };
    this.#byName.set(name, known);
    return known;
  }
}
