/**
 * Every component of a run draws from a stream of its own, which the seed and the component's name
 * determine: leaving out one fault or one client changes nothing of what the others draw.
 */
import { hashBytes } from '../../src/kv/shard/hash.js';
import { SeededRandom } from '../raft/core/seeded-random.js';

export class Random extends SeededRandom {
  /** Uniform between both ends. */
  within(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Between both ends, small ones as likely as great ones: 1-10 is as likely as 100-1,000. */
  scaled(low: number, high: number): number {
    return low * (high / low) ** this.next();
  }

  uint32(): number {
    return Math.floor(this.next() * 2 ** 32);
  }

  /** Some of the items, in random order. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items];
    const taken: Item[] = [];
    while (taken.length < count && left.length > 0) {
      taken.push(...left.splice(this.below(left.length), 1));
    }
    return taken;
  }
}

export class RandomStreams {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  stream(name: string): Random {
    return new Random(hashBytes(Buffer.from(`${this.#seed}/${name}`)));
  }
}
