/** The values of a command line's flags, read with their limits. */
import { UsageError } from './command-errors.js';

export class Flags {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** A whole number within its limits. */
  integer(name: string, range: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    throw new UsageError(
      `--${name} is "${text}"; it must be a whole number from ${range.min} to ${range.max}.`,
    );
  }

  /** One of a few words. */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new UsageError(`--${name} is "${text}"; it must be one of ${words.join(', ')}.`);
  }
}
