/**
 * The network of a random run: messages are reordered, repeated, lost, shortened and kept back
 * for so long that they arrive in another term or in another process of their receiver.
 */
import type { Message, ReplicaId } from '../../../src/raft/core/types.js';
import type { SeededRandom } from './seeded-random.js';
import type { Weather } from './weather.js';

const inFlightMax = 200;
const lateMax = 100;
const reorderNearMax = 8;

export class RandomNetwork {
  readonly #random: SeededRandom;
  readonly #weather: Weather;
  #inFlight: Message[] = [];
  /** Lost for now; some arrive after all. */
  #late: Message[] = [];
  readonly #cut = new Set<string>();

  constructor(random: SeededRandom, weather: Weather) {
    this.#random = random;
    this.#weather = weather;
  }

  send(messages: readonly Message[]): void {
    this.#inFlight.push(...messages);
    while (this.#inFlight.length > inFlightMax) {
      this.#inFlight.splice(this.#random.below(this.#inFlight.length), 1);
    }
  }

  cut(from: ReplicaId, to: ReplicaId): void {
    this.#cut.add(`${from}>${to}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** The message that arrives next, if one does. `deaf` take nothing and miss nothing. */
  next(deaf: ReadonlySet<ReplicaId>): Message | undefined {
    const random = this.#random;
    const { lateChance, reorderChance, duplicateChance, lossChance } = this.#weather;
    if (random.chance(lateChance) || this.#late.length > lateMax) this.#someArriveLate();
    const near = random.chance(0.9) ? reorderNearMax : inFlightMax;
    const among = Math.min(this.#inFlight.length, near);
    const at = random.chance(reorderChance) ? random.below(among) : 0;
    const message = this.#inFlight[at];
    if (message === undefined) return undefined;
    if (deaf.has(message.to)) {
      this.#late.push(...this.#inFlight.splice(at, 1));
      return undefined;
    }
    if (!random.chance(duplicateChance)) this.#inFlight.splice(at, 1);
    if (this.#cut.has(`${message.from}>${message.to}`) || random.chance(lossChance)) {
      if (random.chance(0.5)) this.#late.push(message);
      return undefined;
    }
    return this.#shortened(message);
  }

  #someArriveLate(): void {
    while (this.#late.length > lateMax) {
      this.#late.splice(this.#random.below(this.#late.length), 1);
    }
    for (let i = this.#random.between(1, 3); i > 0 && this.#late.length > 0; i -= 1) {
      this.#inFlight.unshift(...this.#late.splice(this.#random.below(this.#late.length), 1));
    }
  }

  #shortened(message: Message): Message {
    if (message.type !== 'append' || !this.#random.chance(this.#weather.shortenChance)) {
      return message;
    }
    const { entries } = message;
    return { ...message, entries: entries.slice(0, this.#random.between(0, entries.length)) };
  }

  /** Everything that is still on its way, the oldest first. */
  takeAll(): readonly Message[] {
    const messages = [...this.#late, ...this.#inFlight];
    this.#late = [];
    this.#inFlight = [];
    return messages;
  }
}
