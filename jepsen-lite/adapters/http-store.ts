/**
 * The store behind one HTTP address. A connection that was refused carried nothing; anything else
 * that ends without an answer may have arrived. Nothing is ever sent twice: a retry that the
 * history does not know of would make the history a lie.
 */
import { errors, Pool } from 'undici';
import type { HttpAnswer } from './answer.js';
import type { AdapterDescription, Call, RequestDescription } from './description.js';
import { isRead, type Reply, understand } from './reply.js';
import { AdaptedStore, type Store } from './store.js';
import { fill, type Holes } from './template.js';

/** The product is told a little less than the client waits, so that its own answer arrives. */
const marginMs = 250;
const toldMsMin = 50;

export interface HttpStoreOptions {
  readonly adapter: AdapterDescription;
  readonly endpoint: string;
  readonly timeoutMs: number;
  /** Stands between the workload and the wire: how the harness plants mistakes in its client. */
  readonly wrap?: (store: Store) => Store;
}

export class HttpStore {
  readonly store: Store;
  readonly endpoint: string;
  readonly #options: HttpStoreOptions;
  readonly #pool: Pool;
  readonly #base: string;

  constructor(options: HttpStoreOptions) {
    this.#options = options;
    this.endpoint = options.endpoint;
    const { origin, pathname } = new URL(options.endpoint);
    this.#base = pathname.replace(/\/$/, '');
    this.#pool = new Pool(origin, { pipelining: 1, connect: { timeout: options.timeoutMs } });
    const { adapter, wrap = (store: Store) => store } = options;
    this.store = wrap(new AdaptedStore(adapter, (call, holes) => this.#perform(call, holes)));
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #perform(call: Call, holes: Omit<Holes, 'timeoutMs'>): Promise<Reply> {
    const { adapter, timeoutMs } = this.#options;
    const described = adapter[call];
    if (described === undefined) throw new Error(`the adapter ${adapter.name} has no ${call}`);
    const told = Math.max(toldMsMin, timeoutMs - marginMs);
    const filled = { ...holes, timeoutMs: told };
    try {
      const answer = await this.#send(described, filled);
      return understand(call, described, adapter.facts ?? {}, answer);
    } catch (error) {
      const code = transportError(error);
      const lost = isRead(call) || neverSent.has(code);
      return { type: lost ? 'fail' : 'info', facts: { error: code } };
    }
  }

  async #send(described: RequestDescription, holes: Holes): Promise<HttpAnswer> {
    const { adapter, timeoutMs } = this.#options;
    const headers: Record<string, string> = {};
    for (const [name, text] of Object.entries({ ...adapter.headers, ...described.headers })) {
      headers[name] = fill(text, holes, 'raw');
    }
    const answer = await this.#pool.request({
      method: described.method,
      path: this.#base + fill(described.path, holes, 'url'),
      headers,
      body: described.body === undefined ? null : fill(described.body, holes, 'raw'),
      signal: AbortSignal.timeout(timeoutMs),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return {
      status: answer.statusCode,
      headers: flat(answer.headers),
      body: await answer.body.text(),
    };
  }
}

const neverSent = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);
const timeOuts = new Set(['TimeoutError', 'AbortError']);

function transportError(error: unknown): string {
  if (error instanceof errors.UndiciError) return error.code;
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return timeOuts.has(error.name) ? 'TIMEOUT' : programmingError(error);
}

/** What no network does is a fault of the harness, and must not pass for one of the product. */
function programmingError(error: Error): never {
  throw error;
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>) {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
