/**
 * Breaks a cluster in the ways that are asked for, in an order drawn from a seed. Each lane has one
 * fault at a time; faults of different lanes meet, for that is where the deepest bugs are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Nemesis, NemesisHooks } from '../run/nemesis.js';
import type { RandomStream } from '../workloads/random-stream.js';
import { type Fault, NotNow } from './fault.js';

/** Draws the next injection of a kind. */
export type DrawFault = (random: RandomStream) => Fault;

/** How long there is peace before a fault, and how long a fault lasts, in milliseconds. */
export interface Pace {
  readonly peace: { readonly min: number; readonly max: number };
  readonly fault: { readonly min: number; readonly max: number };
}

const usualPace: Pace = { peace: { min: 300, max: 5_000 }, fault: { min: 400, max: 4_000 } };
/** Turns of another run with the same draws, which goes on from a moment of it. */
export interface Resumed {
  readonly ms: number;
  /** Of each lane, when its turns began. */
  readonly turnsMs: readonly (readonly number[])[];
}

const attemptsMax = 3;
const againMs = 500;

export class MixedNemesis implements Nemesis {
  readonly #lanes: readonly (readonly DrawFault[])[];
  readonly #random: RandomStream;
  readonly #resumed: Resumed | undefined;
  readonly #pace: Pace;
  #startedMs = 0;

  constructor(
    lanes: readonly (readonly DrawFault[])[],
    random: RandomStream,
    resumed?: Resumed,
    pace: Pace = usualPace,
  ) {
    this.#lanes = lanes.filter((kinds) => kinds.length > 0);
    this.#random = random;
    this.#resumed = resumed;
    this.#pace = pace;
  }

  /** A lane that fails ends the others, and is reported when they have undone their faults. */
  async run(hooks: NemesisHooks, signal: AbortSignal): Promise<void> {
    this.#startedMs = performance.now();
    const failed = new AbortController();
    const ends = AbortSignal.any([signal, failed.signal]);
    const lanes = this.#lanes.map((kinds, i) =>
      this.#runLane(i, kinds, hooks, ends).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    );
    const settled = await Promise.allSettled(lanes);
    for (const lane of settled) if (lane.status === 'rejected') throw lane.reason;
  }

  async #runLane(
    lane: number,
    kinds: readonly DrawFault[],
    hooks: NemesisHooks,
    signal: AbortSignal,
  ): Promise<void> {
    const { peace, fault: lasts } = this.#pace;
    const random = this.#random.stream(`lane ${lane}`);
    const wait = (durationMs: number) => sleep(durationMs, undefined, { signal }).catch(() => {});
    let deck: DrawFault[] = [];
    for (let turn = 0; ; turn += 1) {
      // A stream for each turn: how much a fault draws depends on the time it has.
      const choices = random.stream(`turn ${turn}`);
      const peaceMs = choices.between(peace.min, peace.max);
      // Every kind has its turn before one has its second.
      if (deck.length === 0) deck = [...kinds];
      const [draw] = deck.splice(choices.below(deck.length), 1);
      if (draw === undefined) return;
      const wholeMs = choices.between(lasts.min, lasts.max);
      const { waitMs, durationMs } = this.#times(lane, turn, {
        waitMs: peaceMs,
        durationMs: wholeMs,
      });
      if (durationMs <= 0) continue;
      await wait(waitMs);
      if (signal.aborted) return;
      hooks.turn(lane, turn);
      // What another fault hides, or keeps from beginning, is tried again.
      for (let attempt = 1; attempt <= attemptsMax && !signal.aborted; attempt += 1) {
        if (attempt > 1) await wait(againMs);
        const fault = draw(choices.stream(`attempt ${attempt}`));
        if (await inject(fault, hooks, signal, () => wait(durationMs))) break;
      }
    }
  }

  /** As drawn, but for turns that had begun before, or are known to begin: those as they were. */
  #times(lane: number, turn: number, drawn: Times): Times {
    const begunMs = this.#resumed?.turnsMs[lane]?.[turn];
    if (this.#resumed === undefined || begunMs === undefined) return drawn;
    const aheadMs = begunMs - this.#resumed.ms;
    // One that was under way lasts for what was left of it.
    const durationMs = drawn.durationMs + Math.min(0, aheadMs);
    return { waitMs: Math.max(0, this.#startedMs + aheadMs - performance.now()), durationMs };
  }
}

interface Times {
  readonly waitMs: number;
  /** Nothing left: it was over. */
  readonly durationMs: number;
}

/** Whether it was seen to hold. */
async function inject(
  fault: Fault,
  hooks: NemesisHooks,
  signal: AbortSignal,
  lasts: () => Promise<void>,
): Promise<boolean> {
  let begun = true;
  try {
    hooks.started(fault.name, await fault.start());
    const holds = await fault.probe();
    // One that the end of the run cut short had no chance to show itself.
    if (holds || !signal.aborted) hooks.probed(fault.name, holds);
    if (holds) await lasts();
    return holds;
  } catch (error) {
    if (!(error instanceof NotNow)) throw error;
    begun = false;
    return false;
  } finally {
    const undone = await fault.stop();
    if (begun) hooks.stopped(fault.name, undone);
  }
}
