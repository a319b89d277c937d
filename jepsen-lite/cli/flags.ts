/** The flags of a command: what there is, and reading them with their limits. */
import { didYouMean } from './suggest.js';
import { UsageError } from './usage-error.js';

export interface FlagDescription {
  readonly name: string;
  /** What stands behind it, in the help; a flag without one is a switch. */
  readonly value?: string;
  /** A letter behind one dash that says the same. */
  readonly short?: string;
  readonly help: string;
  readonly repeatable?: true;
}

export class Flags {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  private constructor(
    values: ReadonlyMap<string, readonly string[]>,
    positionals: readonly string[],
  ) {
    this.#values = values;
    this.positionals = positionals;
  }

  /** `--name value` and `--name=value`; behind `--` everything is positional. */
  static read(given: readonly string[], known: readonly FlagDescription[]): Flags {
    const values = new Map<string, string[]>();
    const positionals: string[] = [];
    const rest = [...given];
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      if (next === '--') {
        positionals.push(...rest);
        break;
      }
      if (!next.startsWith('-') || next === '-') {
        positionals.push(next);
        continue;
      }
      const [name = '', attached] = cut(next === '-h' ? '--help' : next);
      const flag = known.find((candidate) => spellings(candidate).includes(name));
      if (flag === undefined) throw new UsageError(`There is no flag ${name}.${hint(name, known)}`);
      const before = values.get(flag.name) ?? [];
      if (before.length > 0 && flag.repeatable !== true) {
        throw new UsageError(`--${flag.name} is given twice.`);
      }
      values.set(flag.name, [...before, readValue(flag, attached, rest)]);
    }
    return new Flags(values, positionals);
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

  /** Words with commas between, of those that there are. */
  words(name: string, known: readonly string[]): readonly string[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const words = [...new Set(text.split(',').map((word) => word.trim()))];
    for (const word of words) {
      if (known.includes(word)) continue;
      const all = `It may be ${known.join(', ')}.`;
      throw new UsageError(`--${name}: there is no "${word}".${didYouMean(word, known)} ${all}`);
    }
    return words;
  }

  oneOf<Word extends string>(name: string, known: readonly Word[]): Word | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const word = known.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    const all = `It may be ${known.join(', ')}.`;
    throw new UsageError(`--${name}: there is no "${text}".${didYouMean(text, known)} ${all}`);
  }

  integer(name: string, { min, max }: { readonly min: number; readonly max: number }) {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new UsageError(`--${name} is "${text}"; it must be a whole number, ${min} to ${max}.`);
  }

  /** `500ms`, `60s`, `10m`, `2h`. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const [, digits, unit] = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
    const ms = Number(digits) * (unitsMs[unit ?? ''] ?? Number.NaN);
    if (ms > 0) return ms;
    throw new UsageError(`--${name} is "${text}"; a duration is like 500ms, 60s, 10m or 2h.`);
  }
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function spellings({ name, short }: FlagDescription): readonly string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function cut(flag: string): [string, string | undefined] {
  const at = flag.indexOf('=');
  return at < 0 ? [flag, undefined] : [flag.slice(0, at), flag.slice(at + 1)];
}

function readValue(flag: FlagDescription, attached: string | undefined, rest: string[]): string {
  if (flag.value === undefined) {
    if (attached !== undefined) throw new UsageError(`--${flag.name} takes no value.`);
    return '';
  }
  const value = attached ?? rest.shift();
  // `--seed --out x` forgot something; a value may begin with one dash, as numbers do.
  if (value === undefined || (attached === undefined && value.startsWith('--'))) {
    throw new UsageError(`--${flag.name} needs a value: --${flag.name} ${flag.value}.`);
  }
  return value;
}

function hint(name: string, known: readonly FlagDescription[]): string {
  return didYouMean(
    name,
    known.map((flag) => `--${flag.name}`),
  );
}
