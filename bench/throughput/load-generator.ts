/**
 * The load, in a process of its own so that its garbage collections and its CPU time are its own.
 * Closed loop: each connection has one request under way. It writes prepared bytes to raw sockets
 * and reads no more of an answer than its status and its length, because on a small machine every
 * microsecond that the generator takes is one that the nodes do not get.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SeededRandom } from '../../test/raft/core/seeded-random.js';

export type Method = 'PUT' | 'GET';

export interface Job {
  readonly port: number;
  readonly method: Method;
  readonly connections: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly warmUpMs: number;
  /** Zero: every key once, in order, without measuring. */
  readonly durationMs: number;
}

export interface LoadResult {
  /** All of them, warm-up included; the figures below are without it. */
  readonly sent: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 2xx. */
  readonly refused: number;
  /** CPU seconds of this process for each second of the measurement. */
  readonly cores: number;
}

const seed = 1;
const headEnd = Buffer.from('\r\n\r\n');

if (process.send !== undefined) {
  process.on('message', (job: Job) => {
    run(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.once('disconnect', () => process.exit());
}

async function run(job: Job): Promise<LoadResult> {
  const load = new Load(job);
  const lanes = Array.from({ length: job.connections }, () => new Lane(load, job.port));
  await Promise.all(lanes.map((lane) => lane.open()));
  if (job.durationMs > 0) load.measure();
  for (const lane of lanes) lane.next();
  await Promise.all(lanes.map((lane) => lane.ended));
  return load.result();
}

class Load {
  readonly #job: Job;
  readonly #requests: readonly Buffer[];
  readonly #random = new SeededRandom(seed);
  readonly #latenciesMs: number[] = [];
  #sent = 0;
  #refused = 0;
  #startMs = Number.POSITIVE_INFINITY;
  #measuredMs = 0;
  #cpuUs = 0;
  #over = false;

  constructor(job: Job) {
    this.#job = job;
    this.#requests = Array.from({ length: job.keys }, (_, key) => requestBytes(job, key));
  }

  measure(): void {
    const cpuUs = () => process.cpuUsage().user + process.cpuUsage().system;
    setTimeout(() => {
      this.#startMs = performance.now();
      this.#cpuUs = -cpuUs();
    }, this.#job.warmUpMs);
    setTimeout(() => {
      this.#measuredMs = performance.now() - this.#startMs;
      this.#cpuUs += cpuUs();
      this.#over = true;
    }, this.#job.warmUpMs + this.#job.durationMs);
  }

  /** Undefined when the load is over. */
  take(): Buffer | undefined {
    if (this.#over) return undefined;
    this.#sent += 1;
    if (this.#job.durationMs === 0) return this.#requests[this.#sent - 1];
    return this.#requests[this.#random.below(this.#requests.length)];
  }

  answered(status: number, sentMs: number): void {
    if (status < 200 || status > 299) this.#refused += 1;
    if (this.#over || this.#startMs === Number.POSITIVE_INFINITY) return;
    this.#latenciesMs.push(performance.now() - sentMs);
  }

  result(): LoadResult {
    const sorted = Float64Array.from(this.#latenciesMs).sort();
    const quantile = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
    return {
      sent: this.#sent,
      perSecond: (sorted.length * 1000) / this.#measuredMs,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
      refused: this.#refused,
      cores: this.#cpuUs / 1000 / this.#measuredMs,
    };
  }
}

/** One connection. */
class Lane {
  readonly ended: Promise<void>;
  readonly #load: Load;
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #sentMs = 0;
  #end: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  constructor(load: Load, port: number) {
    this.#load = load;
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', this.#fail);
    this.#socket.on('close', () => this.#fail(new Error('the server closed a connection')));
  }

  async open(): Promise<void> {
    await once(this.#socket, 'connect');
  }

  next(): void {
    const request = this.#load.take();
    if (request === undefined) {
      this.#end();
      this.#socket.destroy();
      return;
    }
    this.#sentMs = performance.now();
    this.#socket.write(request);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const head = bytes.indexOf(headEnd);
    const bodyBytes = head < 0 ? 0 : contentLength(bytes.toString('latin1', 0, head));
    if (head < 0 || bytes.length < head + headEnd.length + bodyBytes) {
      this.#pending = bytes;
      return;
    }
    this.#pending = Buffer.alloc(0);
    this.#load.answered(Number(bytes.toString('latin1', 9, 12)), this.#sentMs);
    this.next();
  }
}

function contentLength(head: string): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length:\n${head}`);
  return Number(length);
}

function requestBytes({ method, port, valueBytes }: Job, key: number): Buffer {
  const head = [`${method} /v1/kv/bench-${key} HTTP/1.1`, `Host: 127.0.0.1:${port}`];
  if (method === 'GET') return Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  head.push('Content-Type: application/octet-stream', `Content-Length: ${valueBytes}`);
  const value = Buffer.alloc(valueBytes, `value of ${key}, `);
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), value]);
}
