/**
 * Puts one key as the API's contract asks of a client: what was surely not applied is sent again
 * after the time that the answer names; what is unknown is read back, or sent again, because the
 * put of the same value may be repeated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient, type ReadAnswer, type WriteAnswer } from '../../test/system/http-client.js';
import type { Input } from './inputs.js';
import type { Entry, Ledger } from './ledger.js';

export interface WriteCounts {
  acknowledged: number;
  acknowledgedBytes: number;
  /** `not_applied` answers, and connections that were never made, by code. */
  readonly retries: Map<string, number>;
  /** Unknown outcomes by code. */
  readonly unknowns: Map<string, number>;
  foundByReading: number;
  repeated: number;
  refused: number;
  slowestMs: number;
}

const attemptsMax = 200;
const retryAfterMsDefault = 50;

export class Writer {
  readonly counts: WriteCounts = {
    ...{ acknowledged: 0, acknowledgedBytes: 0, retries: new Map(), unknowns: new Map() },
    ...{ foundByReading: 0, repeated: 0, refused: 0, slowestMs: 0 },
  };
  readonly #ledger: Ledger;
  readonly #clients: readonly HttpClient[];

  constructor(ledger: Ledger, origins: readonly string[], connections: number) {
    this.#ledger = ledger;
    this.#clients = origins.map((origin) => new HttpClient(origin, connections));
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** `turn` chooses the node that is asked first. */
  async put(entry: Entry, source: Input, turn: number): Promise<void> {
    const value = await source.read();
    const { contentType } = source;
    const options = contentType === undefined ? {} : { headers: { 'content-type': contentType } };
    const startedMs = performance.now();
    let unknowns = 0;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const answer = await this.#client(turn + attempt).put(entry.input.key, value, options);
      if (answer.outcome === 'ok') {
        this.#acknowledge(entry, source, answer, unknowns);
        this.counts.slowestMs = Math.max(this.counts.slowestMs, performance.now() - startedMs);
        return;
      }
      const code = answer.code ?? `status ${answer.status}`;
      if (answer.outcome === 'unknown') {
        count(this.counts.unknowns, code);
        entry.unknown.push(source);
        unknowns += 1;
        if ((turn + attempt) % 2 === 1) this.counts.repeated += 1;
        else if (await this.#readBack(entry, source, turn + attempt + 1)) return;
      } else if (answer.status !== undefined && answer.status === entry.input.refusal) {
        this.counts.refused += 1;
        return;
      } else if (answer.status === undefined || retryable(answer)) {
        count(this.counts.retries, code);
        await sleep(retryAfterMs(answer));
      } else {
        this.#ledger.mismatch(entry, `put answers ${answer.status} ${answer.body}`);
        return;
      }
    }
    this.#ledger.mismatch(entry, `could not be put in ${attemptsMax} attempts`);
  }

  #acknowledge(entry: Entry, source: Input, answer: WriteAnswer, unknowns: number): void {
    const { revision, shard, status } = answer;
    if (entry.input.refusal !== undefined) {
      this.#ledger.mismatch(entry, `was stored, must be refused ${entry.input.refusal}`);
    }
    if (revision === undefined || shard === undefined || answer.shardRevision !== revision) {
      this.#ledger.mismatch(entry, `acknowledged with ${JSON.stringify(answer.headers)}`);
      return;
    }
    const expected = entry.acknowledged === undefined ? 201 : 200;
    if (status !== expected && (unknowns === 0 || entry.acknowledged !== undefined)) {
      this.#ledger.mismatch(entry, `put answers ${status}, not ${expected}`);
    }
    this.#ledger.acknowledge(entry, { source, revision, shard });
    this.counts.acknowledged += 1;
    this.counts.acknowledgedBytes += source.bytes;
  }

  /** Whether the write that ended `unknown` is there. If not, it may still come. */
  async #readBack(entry: Entry, source: Input, turn: number): Promise<boolean> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const answer = await this.#client(turn + attempt).get(entry.input.key);
      if (answer.outcome === 'absent' || answer.status === 400) return false;
      if (answer.outcome === 'refused') {
        await sleep(retryAfterMs(answer));
        continue;
      }
      const { revision, shard } = answer;
      const last = entry.acknowledged?.revision ?? 0;
      // The same content may have been there before; only a new revision says that it was written.
      if (revision === undefined || shard === undefined || revision <= last) return false;
      if (!answer.body.equals(await source.read())) {
        this.#ledger.mismatch(entry, `revision ${revision} has a content that nobody wrote`);
        return false;
      }
      this.#ledger.acknowledge(entry, { source, revision, shard });
      this.counts.foundByReading += 1;
      return true;
    }
    this.#ledger.mismatch(entry, `could not be read back in ${attemptsMax} attempts`);
    return false;
  }

  #client(turn: number): HttpClient {
    const client = this.#clients[turn % this.#clients.length];
    if (client === undefined) throw new Error('there are no nodes');
    return client;
  }
}

function count(counts: Map<string, number>, code: string): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
}

function retryable({ status, body }: WriteAnswer): boolean {
  return status !== undefined && status >= 429 && problem(body)['retryable'] === true;
}

/** From the problem, which is finer than the header's seconds. A refused connection names none. */
function retryAfterMs({ body, status }: WriteAnswer | ReadAnswer): number {
  const told = status === undefined ? undefined : problem(body)['retry_after_ms'];
  return typeof told === 'number' ? told : retryAfterMsDefault;
}

function problem(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}
