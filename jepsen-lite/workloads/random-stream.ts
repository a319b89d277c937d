/**
 * Random numbers from a seed. Each stream has a name, so that one choice more in one place (a
 * client, a workload, the nemesis) changes nothing in another.
 */

export class RandomStream {
  readonly #seed: string;
  #state: number;

  constructor(seed: number | string, name = '') {
    this.#seed = `${seed}/${name}`;
    this.#state = hash(this.#seed);
  }

  /** A stream of its own. */
  stream(name: string): RandomStream {
    return new RandomStream(this.#seed, name);
  }

  /** From 0 up to 1, 1 excluded. */
  unit(): number {
    // A counter through a mixer of 32 bits: short, and no state is ever the last.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** Both ends included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new Error('there is nothing to pick from');
    return chosen;
  }
}

/** FNV-1a: names that differ a little begin far apart. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  }
  return state;
}
