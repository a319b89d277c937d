/**
 * Reads EDN, the notation that Jepsen writes its histories in: nil, truth values, numbers, texts,
 * :keywords, [vectors], (lists), #{sets} and {maps}. Commas are spaces, `;` begins a comment, `#_`
 * drops what follows, and a #tag names what follows and is kept.
 */

import { HistoryError } from './history-error.js';
import { unsafeNumber } from './json-lines.js';

export type Edn =
  | { readonly kind: 'nil' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text' | 'keyword' | 'symbol'; readonly value: string }
  | { readonly kind: 'sequence'; readonly items: readonly Edn[]; readonly tag: string | undefined }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Edn, Edn])[] };

export interface PlacedForm {
  readonly form: Edn;
  readonly line: number;
}

/** All forms of a text, one after the other. */
export function parseEdn(text: string): PlacedForm[] {
  return new EdnReader(text).all();
}

const nestingMax = 200;
const closers: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' };
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
const characters: Readonly<Record<string, string>> = { newline: '\n', space: ' ', tab: '\t' };

class EdnReader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  all(): PlacedForm[] {
    const forms: PlacedForm[] = [];
    while (this.#skip()) forms.push(this.#placed());
    return forms;
  }

  #placed(): PlacedForm {
    const line = this.#line;
    return { line, form: this.#form() };
  }

  /** Goes to the next form; false at the end. */
  #skip(): boolean {
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at] ?? '';
      if (char === '\n') this.#line += 1;
      else if (char === ';') {
        const end = this.#text.indexOf('\n', this.#at);
        this.#at = (end < 0 ? this.#text.length : end) - 1;
      } else if (this.#text.startsWith('#_', this.#at)) {
        this.#at += 2;
        this.#inner('what "#_" drops');
        this.#at -= 1;
      } else if (!/[\s,\uFEFF]/.test(char)) return true;
    }
    return false;
  }

  #fail(message: string): HistoryError {
    return new HistoryError(message, this.#line);
  }

  /** A form that must be there. */
  #inner(what: string): Edn {
    if (!this.#skip()) throw this.#fail(`the text ends before ${what}`);
    return this.#form();
  }

  #form(): Edn {
    const char = this.#text[this.#at] ?? '';
    if (char === '"') return { kind: 'text', value: this.#quoted() };
    if (char === '[' || char === '(') return this.#sequence(char, undefined);
    if (char === '{') return this.#map();
    if (char === '#') return this.#tagged();
    if (char === '\\') return this.#character();
    if (char === '^') {
      this.#at += 1;
      this.#inner('metadata');
      return this.#inner('what the metadata is of');
    }
    if (']})'.includes(char)) throw this.#fail(`"${char}" closes nothing`);
    return this.#atom();
  }

  #tagged(): Edn {
    this.#at += 1;
    if (this.#text[this.#at] === '{') return this.#sequence('{', 'set');
    const tag = this.#word();
    if (tag === '') throw this.#fail('a "#" without a tag');
    const form = this.#inner(`the form of #${tag}`);
    return form.kind === 'sequence' ? { ...form, tag } : form;
  }

  #sequence(opener: string, tag: string | undefined): Edn {
    return { kind: 'sequence', items: this.#until(opener), tag };
  }

  #map(): Edn {
    const items = this.#until('{');
    if (items.length % 2 !== 0) throw this.#fail('a map with a key and no value');
    const entries: [Edn, Edn][] = [];
    for (let at = 0; at < items.length; at += 2) {
      const [key, value] = [items[at], items[at + 1]];
      if (key !== undefined && value !== undefined) entries.push([key, value]);
    }
    return { kind: 'map', entries };
  }

  #until(opener: string): Edn[] {
    const closer = closers[opener] ?? '';
    const openedAt = this.#line;
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > nestingMax) throw this.#fail(`nested more than ${nestingMax} deep`);
    const items: Edn[] = [];
    for (;;) {
      if (!this.#skip()) throw new HistoryError(`"${opener}" is never closed`, openedAt);
      if (this.#text[this.#at] === closer) break;
      items.push(this.#form());
    }
    this.#at += 1;
    this.#depth -= 1;
    return items;
  }

  #quoted(): string {
    const openedAt = this.#line;
    let value = '';
    for (this.#at += 1; ; this.#at += 1) {
      let char = this.#text[this.#at];
      if (char === '"') break;
      if (char === '\n') this.#line += 1;
      if (char === '\\') {
        this.#at += 1;
        char = this.#text[this.#at];
        if (char === 'u') {
          const code = this.#text.slice(this.#at + 1, this.#at + 5);
          if (!/^[0-9a-fA-F]{4}$/.test(code)) throw this.#fail('"\\u" needs four hex digits');
          char = String.fromCharCode(Number.parseInt(code, 16));
          this.#at += 4;
        } else if (char !== undefined) char = escapes[char] ?? char;
      }
      if (char === undefined) throw new HistoryError('a text is never closed', openedAt);
      value += char;
    }
    this.#at += 1;
    return value;
  }

  #character(): Edn {
    this.#at += 1;
    const first = this.#text[this.#at] ?? '';
    this.#at += 1;
    const word = first + this.#word();
    return { kind: 'text', value: characters[word] ?? word };
  }

  /** Up to a space or bracket. */
  #word(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && !/[\s,;"[\](){}]/.test(this.#text[this.#at] ?? '')) {
      this.#at += 1;
    }
    return this.#text.slice(from, this.#at);
  }

  #atom(): Edn {
    const word = this.#word();
    if (word === 'nil') return { kind: 'nil' };
    if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true' };
    if (word.startsWith(':') && word.length > 1) return { kind: 'keyword', value: word.slice(1) };
    if (/^[+-]?\d/.test(word)) {
      const value = Number(word.replace(/[NM]$/, ''));
      if (Number.isNaN(value)) throw this.#fail(`"${word}" is no number`);
      if (unsafeNumber(value) !== undefined) {
        throw this.#fail(`${word} may be several numbers; write it as a text`);
      }
      return { kind: 'number', value };
    }
    return { kind: 'symbol', value: word };
  }
}
