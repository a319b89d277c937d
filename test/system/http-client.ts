/**
 * A small client for tests on real nodes. Its one care: to say exactly what is known of a write.
 * It never retries, and pipelining is off, so one call is at most one request on the wire.
 */
import { errors, Pool } from 'undici';

/** `ok`: done. `not_applied`: surely not done, ever. `unknown`: may be done now, later or never. */
export type Outcome = 'ok' | 'not_applied' | 'unknown';

export interface Answer {
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** The problem's code, or that of the network error. */
  readonly code: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** What the answer names of its origin; undefined where it does not. */
  readonly node: number | undefined;
  readonly shard: number | undefined;
  /** The shard's revision at the moment of the decision or read. */
  readonly shardRevision: number | undefined;
  /** The key's own revision, from the ETag. */
  readonly revision: number | undefined;
}

export interface WriteAnswer extends Answer {
  readonly outcome: Outcome;
}

export interface ReadAnswer extends Answer {
  readonly outcome: 'found' | 'absent' | 'refused';
}

/** Text, or the bytes as they are. */
export type Key = string | Uint8Array;

export interface CallOptions {
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** After this the call is given up here; the node is told less by a second. */
  readonly timeoutMs?: number;
}

const timeoutMsDefault = 6_000;
/** What the node is told, so that its own answer comes before the client gives up. */
const timeoutMarginMs = 1_000;

export class HttpClient {
  readonly #pool: Pool;

  constructor(origin: string, connections = 16) {
    this.#pool = new Pool(origin, { connections, pipelining: 1, connectTimeout: 2_000 });
  }

  async put(key: Key, value: Uint8Array | string, options: CallOptions = {}) {
    return asWrite(await this.#call('PUT', keyPath(key, options), value, options));
  }

  async delete(key: Key, options: CallOptions = {}): Promise<WriteAnswer> {
    return asWrite(await this.#call('DELETE', keyPath(key, options), undefined, options));
  }

  async get(key: Key, options: CallOptions = {}): Promise<ReadAnswer> {
    return asRead(await this.#call('GET', keyPath(key, options), undefined, options));
  }

  /** Any other request; `path` is sent as it is. */
  request(method: string, path: string, options: CallOptions & { body?: string } = {}) {
    return this.#call(method, path, options.body, options);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #call(
    method: string,
    path: string,
    body: Uint8Array | string | undefined,
    options: CallOptions,
  ): Promise<Answer> {
    const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
    const told = Math.max(100, timeoutMs - timeoutMarginMs);
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    try {
      const answer = await this.#pool.request({
        method,
        path,
        body: body ?? null,
        headers: { 'kvorum-timeout': `${told}ms`, ...options.headers },
        signal: abort.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      return toAnswer(answer.statusCode, answer.headers, bytes);
    } catch (error) {
      return { ...nothing, code: errorCode(error) };
    } finally {
      clearTimeout(timer);
    }
  }
}

const nothing: Answer = {
  status: undefined,
  code: undefined,
  headers: {},
  body: Buffer.alloc(0),
  node: undefined,
  shard: undefined,
  shardRevision: undefined,
  revision: undefined,
};

function keyPath(key: Key, { query }: CallOptions): string {
  const encoded = typeof key === 'string' ? encodeURIComponent(key) : encodeBytes(key);
  return `/v1/kv/${encoded}${query === undefined ? '' : `?${query}`}`;
}

/** Leaves the characters that RFC 3986, 2.3 calls unreserved. */
function encodeBytes(key: Uint8Array): string {
  return Buffer.from(key)
    .toString('latin1')
    .replace(/[^A-Za-z0-9._~-]/g, (character) => {
      const code = character.charCodeAt(0);
      return `%${code < 16 ? '0' : ''}${code.toString(16).toUpperCase()}`;
    });
}

function toAnswer(
  status: number,
  rawHeaders: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): Answer {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(rawHeaders)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const etag = /^"(\d+)"$/.exec(headers['etag'] ?? '')?.[1];
  return {
    status,
    code: problemField(headers, body, 'code'),
    headers,
    body,
    node: toNumber(headers['kvorum-node']),
    shard: toNumber(headers['kvorum-shard']),
    shardRevision: toNumber(headers['kvorum-revision']),
    revision: toNumber(etag),
  };
}

function asWrite(answer: Answer): WriteAnswer {
  return { ...answer, outcome: writeOutcome(answer) };
}

function writeOutcome(answer: Answer): Outcome {
  const { status, code } = answer;
  if (status === undefined) return neverSent(code) ? 'not_applied' : 'unknown';
  if (status >= 200 && status < 300) return 'ok';
  const told = problemField(answer.headers, answer.body, 'outcome');
  if (told === 'not_applied' || told === 'unknown') return told;
  return status >= 400 && status < 500 ? 'not_applied' : 'unknown';
}

function asRead(answer: Answer): ReadAnswer {
  if (answer.status === 200) return { ...answer, outcome: 'found' };
  const absent = answer.status === 404 && answer.code === 'key_not_found';
  return { ...answer, outcome: absent ? 'absent' : 'refused' };
}

/** The connection was never made, so no byte of the request left. */
function neverSent(code: string | undefined): boolean {
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

function problemField(
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  name: string,
): string | undefined {
  if (!(headers['content-type'] ?? '').startsWith('application/problem+json')) return undefined;
  try {
    const problem: unknown = JSON.parse(body.toString('utf8'));
    const value = (problem as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function errorCode(error: unknown): string {
  if (error instanceof errors.UndiciError) return error.code;
  // An abort has a number for a code, which says nothing.
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
