/**
 * Clients as an operator wishes them: each keeps to one node, turns to the next when that cannot be
 * reached, and repeats what was refused with a retryable 503. Anything else that is not a success
 * counts as lost.
 */
import { eventually } from './eventually.js';
import { HttpClient, type WriteAnswer } from './http-client.js';

const refusedPauseMs = 20;
const betweenMs = 4;

export class RestartLoad {
  answered = 0;
  refused = 0;
  /** The longest that one request, not its repetitions, took. */
  longestMs = 0;
  readonly lost: string[] = [];
  readonly #clients: readonly HttpClient[];
  /** Acknowledged, each with the value that its name says. */
  readonly #keys: string[] = [];
  #running = true;
  #workers: Promise<void>[] = [];
  #serial = 0;

  constructor(nodes: readonly { readonly origin: string }[]) {
    this.#clients = nodes.map(({ origin }) => new HttpClient(origin, 32));
  }

  start(workers: number): void {
    this.#workers = Array.from({ length: workers }, (_, index) => this.#work(index));
  }

  /** Waits until so many more requests were answered. */
  async waitForAnswers(count: number): Promise<void> {
    const until = this.answered + count;
    await eventually(`${count} more answers`, () => this.answered >= until || undefined, 30_000);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Acknowledged writes that a linearizable read does not find. */
  async missing(): Promise<string[]> {
    const missing: string[] = [];
    for (const key of this.#keys) {
      const answer = await this.#client(0).get(key);
      if (answer.body.toString('utf8') !== contentOf(key)) missing.push(`${key}: ${answer.status}`);
    }
    return missing;
  }

  async #work(index: number): Promise<void> {
    for (let node = index; this.#running; ) {
      this.#serial += 1;
      const read = this.#serial % 3 === 0 && this.#keys.length > 0;
      const done = read ? await this.#get(node) : await this.#put(node);
      if (!done) node += 1;
      await new Promise((resolve) => setTimeout(resolve, done ? betweenMs : refusedPauseMs));
    }
  }

  /** False: somebody else should be asked. */
  async #put(node: number): Promise<boolean> {
    const key = `rolling/${this.#serial}`;
    const answer = await this.#timed(() => this.#client(node).put(key, contentOf(key)));
    if (answer.outcome === 'ok') this.#keys.push(key);
    return this.#judge(`PUT ${key}`, answer);
  }

  /** A key that was acknowledged before: it must be there, whoever leads meanwhile. */
  async #get(node: number): Promise<boolean> {
    const key = this.#keys[(this.#serial * 7_919) % this.#keys.length] ?? '';
    const answer = await this.#timed(() => this.#client(node).get(key));
    const found = answer.outcome === 'found' && answer.body.toString('utf8') === contentOf(key);
    if (answer.outcome === 'absent') this.lost.push(`GET ${key}: ${answer.status}`);
    return this.#judge(`GET ${key}`, { ...answer, outcome: found ? 'ok' : 'not_applied' });
  }

  #judge(request: string, answer: WriteAnswer): boolean {
    if (answer.outcome === 'ok') {
      this.answered += 1;
      return true;
    }
    const told = answer.status === 503 && answer.body.toString('utf8').includes('"retryable":true');
    if (told && answer.outcome === 'not_applied') this.refused += 1;
    // Nobody listens there: no byte of the request left.
    else if (answer.status === undefined && neverSent(answer)) return false;
    else this.lost.push(`${request}: ${answer.status ?? answer.code} ${answer.body}`);
    return false;
  }

  async #timed<T>(request: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const answer = await request();
    const tookMs = performance.now() - startedMs;
    this.longestMs = Math.max(this.longestMs, tookMs);
    return answer;
  }

  #client(node: number): HttpClient {
    const client = this.#clients[node % this.#clients.length];
    if (client === undefined) throw new Error('there are no nodes');
    return client;
  }
}

function contentOf(key: string): string {
  return `value of ${key}`;
}

function neverSent({ code }: WriteAnswer): boolean {
  return code === 'ECONNREFUSED' || code === 'UND_ERR_CONNECT_TIMEOUT';
}
