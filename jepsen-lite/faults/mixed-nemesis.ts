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

const peaceMs = { min: 300, max: 5_000 };
const faultMs = { min: 400, max: 4_000 };
const attemptsMax = 3;

export class MixedNemesis implements Nemesis {
  readonly #lanes: readonly (readonly DrawFault[])[];
  readonly #random: RandomStream;

  constructor(lanes: readonly (readonly DrawFault[])[], random: RandomStream) {
    this.#lanes = lanes.filter((kinds) => kinds.length > 0);
    this.#random = random;
  }

  async run(hooks: NemesisHooks, signal: AbortSignal): Promise<void> {
    await Promise.all(
      this.#lanes.map((kinds, i) =>
        runLane(kinds, this.#random.stream(`lane ${i}`), hooks, signal),
      ),
    );
  }
}

async function runLane(
  kinds: readonly DrawFault[],
  random: RandomStream,
  hooks: NemesisHooks,
  signal: AbortSignal,
): Promise<void> {
  const wait = ({ min, max }: { readonly min: number; readonly max: number }) =>
    sleep(random.between(min, max), undefined, { signal }).catch(() => {});
  let deck: DrawFault[] = [];
  for (;;) {
    await wait(peaceMs);
    if (signal.aborted) return;
    // Every kind has its turn before one has its second.
    if (deck.length === 0) deck = [...kinds];
    const [draw] = deck.splice(random.below(deck.length), 1);
    if (draw === undefined) return;
    // What another fault hides, or keeps from beginning, is tried again.
    for (let attempt = 1; attempt <= attemptsMax && !signal.aborted; attempt += 1) {
      if (await inject(draw(random), hooks, () => wait(faultMs))) break;
    }
  }
}

/** Whether it was seen to hold. */
async function inject(
  fault: Fault,
  hooks: NemesisHooks,
  lasts: () => Promise<void>,
): Promise<boolean> {
  let begun = true;
  try {
    hooks.started(fault.name, await fault.start());
    const holds = await fault.probe();
    hooks.probed(fault.name, holds);
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
