/**
 * Fills the holes of a request's description: `{key}`, `{value}`, `{revision}`, `{expected}` and
 * `{timeoutMs}`, each optionally encoded: `{key|base64}`, `{value|json}`. A key in a path is
 * percent-encoded unless something else is said.
 */

export interface Holes {
  readonly key: string;
  readonly value?: string;
  readonly expected?: string;
  readonly revision?: number;
  readonly timeoutMs: number;
}

type Encoding = 'url' | 'base64' | 'json' | 'raw';
type Encode = (text: string) => string;

const encode: Readonly<Record<Encoding, Encode>> = {
  url: encodeURIComponent,
  base64: (text) => Buffer.from(text).toString('base64'),
  json: (text) => JSON.stringify(text),
  raw: (text) => text,
};
const holePattern = /\{(key|value|expected|revision|timeoutMs)(?:\|(url|base64|json|raw))?\}/g;

/** What looks like a hole and is none; undefined when there is nothing of the kind. */
export function strangeHole(template: string): string | undefined {
  const rest = template.replace(holePattern, '');
  return /\{\w+(?:\|\w+)?\}/.exec(rest)?.[0];
}

export function fill(template: string, holes: Holes, otherwise: Encoding): string {
  return template.replace(holePattern, (_, name: keyof Holes, encoding?: Encoding) => {
    const held = holes[name];
    if (held === undefined) throw new Error(`nothing is known to put into {${name}}`);
    return encode[encoding ?? otherwise](String(held));
  });
}
