/** An HTTP answer, and how something is read out of it. */

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What stands at `body`, `header:NAME` or `json:a.0.b`; undefined when nothing does. */
export function pick(answer: HttpAnswer, source: string): string | undefined {
  const [place = '', encoding] = source.split('|');
  const text = read(answer, place);
  if (text === undefined || encoding !== 'base64') return text;
  return Buffer.from(text, 'base64').toString('utf8');
}

function read(answer: HttpAnswer, place: string): string | undefined {
  if (place === 'body') return answer.body;
  if (place.startsWith('header:')) return answer.headers[place.slice(7).toLowerCase()];
  return readJson(answer.body, place.slice(5).split('.'));
}

function readJson(body: string, path: readonly string[]): string | undefined {
  let found: unknown;
  try {
    found = JSON.parse(body);
  } catch {
    return undefined;
  }
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) {
      return undefined;
    }
    found = (found as Record<string, unknown>)[name];
  }
  if (found === undefined || found === null) return undefined;
  return typeof found === 'string' ? found : JSON.stringify(found);
}

/** `"7"`, as an entity tag says it, and plain 7. */
export function toNumber(text: string | undefined): number | undefined {
  const digits = /^"?(\d{1,16})"?$/.exec(text ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
