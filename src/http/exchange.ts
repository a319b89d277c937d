/**
 * One request and its answer, outside fastify: identity, time, and the one place that writes a
 * problem. Whatever happens, an exchange is answered at most once, recorded once and logged once.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClusterService } from '../kv/balance/cluster-service.js';
import type { Decided, KvService } from '../kv/service.js';
import type { ByteBudget } from './body.js';
import type { InFlight } from './in-flight.js';
import type { HttpLimits } from './limits.js';
import type { Metrics } from './metrics.js';
import { problemHeaders } from './problem-headers.js';
import { type ProblemCode, type ProblemFacts, problemBody, problems } from './problems.js';
import type { RequestHeaders } from './request-headers.js';
import type { RequestLog } from './request-log.js';
import type { UnsentAnswers } from './unsent-answers.js';

/** What all exchanges of one server share. */
export interface HttpParts {
  readonly service: KvService;
  /** Missing where a node serves no cluster of its own making. */
  readonly cluster?: ClusterService | undefined;
  readonly limits: HttpLimits;
  readonly metrics: Metrics;
  readonly log: RequestLog;
  readonly inFlight: InFlight;
  readonly bodies: ByteBudget;
  readonly answers: UnsentAnswers;
  readonly now: () => number;
  /** True from the moment the server was asked to close. */
  /** Every answer is the last one of its connection. */
  readonly draining: () => boolean;
  /** What has not begun is refused. */
  readonly closing: () => boolean;
}

/** A kept `text/html` value must not become a script beside the admin API. */
const dataSecurity: readonly string[] = [
  'Cache-Control',
  'no-store',
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "sandbox; default-src 'none'",
];

/** Bodies up to this are read to their end, so that a refusal keeps the connection. */
const discardBytesMax = 65_536;

/** Statuses of the 5xx range that say nothing about this node. */
const callersOwn: ReadonlySet<number> = new Set([501, 505]);

/** Worth a line in the log whatever its level. */
export function isFailure(status: number): boolean {
  return status >= 500 && !callersOwn.has(status);
}

export interface ExchangeOptions {
  readonly id: string;
  /** The pattern of the route, for metrics. */
  readonly route: string;
  /** Path of the request target as received, without the query. */
  readonly instance: string;
  readonly headers: RequestHeaders;
}

export class Exchange {
  readonly parts: HttpParts;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly route: string;
  readonly instance: string;
  readonly headers: RequestHeaders;
  readonly method: string;
  readonly startedMs: number;
  /** Known as soon as the key is. */
  shard: number | undefined;
  /** Known once a replica has decided. */
  decided: Decided | undefined;
  /** The client waits for `100 Continue` before it sends its body. */
  expectsContinue = false;
  #answered = false;

  constructor(
    parts: HttpParts,
    request: IncomingMessage,
    response: ServerResponse,
    options: ExchangeOptions,
  ) {
    this.parts = parts;
    this.request = request;
    this.response = response;
    this.id = options.id;
    this.route = options.route;
    this.instance = options.instance;
    this.headers = options.headers;
    this.method = request.method ?? '';
    this.startedMs = parts.now();
  }

  get answered(): boolean {
    return this.#answered;
  }

  /**
   * `headers` is a flat list of names and values, complete except for what node adds itself, and
   * has Content-Length where there is a body.
   */
  send(status: number, headers: string[], body: Buffer | string | undefined): void {
    if (!this.#begin()) return;
    if (this.parts.draining()) this.response.shouldKeepAlive = false;
    this.response.writeHead(status, headers);
    // Strings here are ASCII; as latin1 they leave together with the headers, without a copy.
    if (typeof body === 'string') this.response.end(body, 'latin1');
    else this.response.end(body);
    this.#record(status);
    if (this.parts.log.debug) this.parts.log.answered(this.#line(status));
  }

  /** `headers` come on top of those of every problem; `error` is logged and never shown. */
  problem(
    code: ProblemCode,
    facts: ProblemFacts = {},
    more: { readonly headers?: readonly string[]; readonly error?: unknown } = {},
  ): void {
    if (!this.#begin()) return;
    const { status } = problems[code];
    const allFacts = this.shard === undefined ? facts : { shard: this.shard, ...facts };
    const body = Buffer.from(problemBody(code, allFacts, this));
    const headers = this.identity();
    headers.push(...problemHeaders(code, facts), 'Content-Length', String(body.length));
    if (more.headers !== undefined) headers.push(...more.headers);
    this.#sendAfterBody(status, headers, body);
    this.#record(status);
    this.#log(status, code, facts, more.error);
  }

  /**
   * Something threw that never should: logged with its stack, and after it the fate of a write is
   * not known. Also for a failure in the middle of writing an answer.
   */
  bug(error: unknown): void {
    const { response, method } = this;
    if (this.#answered && (response.headersSent || response.destroyed)) {
      this.parts.log.bug(this.#line(response.statusCode), error);
      response.destroy();
      return;
    }
    this.#answered = false;
    const isWrite = method === 'PUT' || method === 'DELETE';
    this.problem(isWrite ? 'internal_error_on_write' : 'internal_error', {}, { error });
  }

  /** Runs what must not throw; if it does, the request gets an answer all the same. */
  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.bug(error);
    }
  }

  /** The client went away before there was an answer. */
  abandon(): void {
    if (this.#begin()) this.#record(499);
  }

  #begin(): boolean {
    if (this.#answered) return false;
    this.#answered = true;
    return true;
  }

  /**
   * The headers of every answer on this path: who, where, and that nobody may cache or run it.
   * `Kvorum-Node` is the node that decided; `Kvorum-Via` the one that was asked, if it is another.
   */
  identity(): string[] {
    const { decided, shard, id } = this;
    const here = this.parts.service.node;
    if (decided === undefined) {
      const headers = ['Kvorum-Node', String(here), 'Kvorum-Request-Id', id, ...dataSecurity];
      if (shard !== undefined) headers.push('Kvorum-Shard', String(shard));
      return headers;
    }
    const headers = [
      'Kvorum-Revision',
      String(decided.shardRevision),
      'Kvorum-Shard',
      String(decided.shard),
      'Kvorum-Node',
      String(decided.node),
      'Kvorum-Request-Id',
      id,
      ...dataSecurity,
    ];
    if (decided.node !== here) headers.push('Kvorum-Via', String(here));
    return headers;
  }

  /**
   * A body that is still coming in must not be mistaken for the next request. A small one is read
   * to its end first; for a large one the answer goes out at once, what still comes is read for a
   * while so that the client sees the answer instead of a reset, and the connection ends.
   */
  #sendAfterBody(status: number, headers: string[], body: Buffer): void {
    const { request, response } = this;
    const finish = (): void => {
      if (response.headersSent || response.destroyed) return;
      if (this.parts.draining()) response.shouldKeepAlive = false;
      response.writeHead(status, headers);
      response.end(body);
    };
    if (request.complete || !this.hasBody) {
      finish();
    } else if (!this.expectsContinue && Number(this.headers.contentLength) <= discardBytesMax) {
      request.once('end', finish);
      request.resume();
    } else {
      headers.push('Connection', 'close');
      response.writeHead(status, headers);
      response.write(body);
      this.#linger();
    }
  }

  get hasBody(): boolean {
    const { contentLength, transferEncoding } = this.headers;
    return transferEncoding !== undefined || Number(contentLength ?? 0) > 0;
  }

  #linger(): void {
    const { request, response } = this;
    const { lingerMs, lingerBytesMax } = this.parts.limits;
    let bytes = 0;
    const stop = (): void => {
      clearTimeout(timer);
      request.removeListener('data', onData);
      request.pause();
      // Node ends the connection after this answer; answers before it still go out.
      response.end();
    };
    const onData = (piece: Buffer): void => {
      bytes += piece.length;
      if (bytes > lingerBytesMax) stop();
    };
    const timer = setTimeout(stop, lingerMs).unref();
    request.on('data', onData);
    request.once('end', stop);
    request.once('close', stop);
    request.resume();
  }

  #record(status: number): void {
    const { metrics, now } = this.parts;
    metrics.record(this.route, this.method, status, now() - this.startedMs);
  }

  #line(status: number) {
    const { id: requestId, method, instance: path, shard } = this;
    return {
      requestId,
      method,
      path,
      status,
      shard,
      durationMs: this.parts.now() - this.startedMs,
    };
  }

  #log(status: number, code: ProblemCode, facts: ProblemFacts, error: unknown): void {
    const { log } = this.parts;
    const failed = isFailure(status);
    if (!failed && !log.debug) return;
    const { detail } = facts;
    const line = { ...this.#line(status), code, ...(detail === undefined ? {} : { detail }) };
    if (error !== undefined) log.bug(line, error);
    else if (failed) log.failed(line);
    else log.answered(line);
  }
}
