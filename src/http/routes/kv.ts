/**
 * `/v1/kv/{key}`: the data path. It does not go through fastify: the router there cannot carry
 * arbitrary bytes as a key, and the shortest way from socket to service is the product's ceiling
 * (figures in `DESIGN.md`). The request is parsed by hand, strictly, then handed to the service.
 */
import type { RequestContext, WriteRequest } from '../../kv/service.js';
import { type BodyFailure, collectBody } from '../body.js';
import { invalidHeader, parseReadCondition, parseWriteCondition } from '../conditions.js';
import type { Exchange } from '../exchange.js';
import type { Waiting } from '../in-flight.js';
import { type ParsedTarget, parseTarget } from '../key.js';
import { contentTypeBytesMax } from '../limits.js';
import { Problem } from '../problems.js';
import { parseReadQuery, parseWriteQuery } from '../query.js';
import { readContext } from '../request-context.js';
import { answerError, answerRead, answerWrite, isContentType, staleHint } from './kv-answers.js';

export const kvPrefix = '/v1/kv/';
export const kvRoute = '/v1/kv/{key}';

export const kvMethods: readonly string[] = ['GET', 'HEAD', 'PUT', 'DELETE'];

/** `url` is the request target in origin form and starts with `kvPrefix`. */
export function handleKv(exchange: Exchange, url: string): void {
  const target = parseTarget(url, kvPrefix.length);
  const refusal = target instanceof Problem ? target : start(exchange, target);
  if (refusal !== undefined) exchange.problem(refusal.code, refusal.facts);
}

/** What is wrong with the request; nothing if it is on its way. */
function start(exchange: Exchange, target: ParsedTarget): Problem | undefined {
  exchange.shard = exchange.parts.service.shardOf(target.key);
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      return read(exchange, target);
    case 'PUT':
      return put(exchange, target);
    case 'DELETE':
      return remove(exchange, target);
    default:
      return new Problem('method_not_allowed', {
        detail: `${exchange.method} is not a method of a key.`,
        allowed: kvMethods,
      });
  }
}

function read(exchange: Exchange, target: ParsedTarget): Problem | undefined {
  const { headers, parts } = exchange;
  const options = parseReadQuery(target.query);
  if (options instanceof Problem) return options;
  const condition = parseReadCondition(headers.ifMatch, headers.ifNoneMatch);
  if (condition instanceof Problem) return condition;
  const context = requestContext(exchange);
  if (context instanceof Problem) return context;
  if (exchange.hasBody) return unexpectedBody(exchange);
  const waiting = admit(exchange, context, { write: false });
  if (waiting instanceof Problem) return waiting;
  const { consistency, maxStalenessMs } = options;
  const request = { key: target.key, consistency };
  const bounded = maxStalenessMs === undefined ? request : { ...request, maxStalenessMs };
  promised(() => parts.service.read(bounded, context)).then(
    (answer) => {
      if (waiting.leave()) exchange.guard(() => answerRead(exchange, answer, options, condition));
    },
    (error: unknown) => {
      if (waiting.leave()) answerError(exchange, error);
    },
  );
  return undefined;
}

function put(exchange: Exchange, target: ParsedTarget): Problem | undefined {
  const { parts, headers, request } = exchange;
  const refusal = parseWriteQuery(target.query, 'put') ?? checkPutHeaders(exchange);
  if (refusal !== undefined) return refusal;
  const condition = parseWriteCondition(headers.ifMatch, headers.ifNoneMatch);
  if (condition instanceof Problem) return condition;
  const context = requestContext(exchange);
  if (context instanceof Problem) return context;
  const { valueBytesMax: bytesMax } = parts.limits;
  const chunked = headers.transferEncoding !== undefined;
  const length = chunked ? undefined : Number(headers.contentLength ?? 0);
  if (length !== undefined && length > bytesMax) return tooLarge(bytesMax);
  if (parts.inFlight.full) return overloaded(exchange);
  if (exchange.expectsContinue) {
    exchange.expectsContinue = false;
    exchange.response.writeContinue();
  }
  collectBody(request, { bytesMax, length, budget: parts.bodies }, (value) => {
    if (!Buffer.isBuffer(value)) {
      bodyFailed(exchange, value);
      return;
    }
    const contentType = headers.contentType ?? '';
    const write = { type: 'put', key: target.key, condition, value, contentType } as const;
    exchange.guard(() => {
      const late = submit(exchange, target, write, context);
      if (late !== undefined) exchange.problem(late.code, late.facts);
    });
  });
  return undefined;
}

const noValue = Buffer.alloc(0);

function remove(exchange: Exchange, target: ParsedTarget): Problem | undefined {
  const { headers } = exchange;
  const refusal = parseWriteQuery(target.query, 'delete');
  if (refusal !== undefined) return refusal;
  const condition = parseWriteCondition(headers.ifMatch, headers.ifNoneMatch);
  if (condition instanceof Problem) return condition;
  const context = requestContext(exchange);
  if (context instanceof Problem) return context;
  if (exchange.hasBody) return unexpectedBody(exchange);
  const { key } = target;
  const request = { type: 'delete', key, condition, value: noValue, contentType: '' } as const;
  return submit(exchange, target, request, context);
}

function submit(
  exchange: Exchange,
  target: ParsedTarget,
  request: WriteRequest,
  context: RequestContext,
): Problem | undefined {
  const { service, bodies } = exchange.parts;
  const held = request.value.length;
  const waiting = admit(exchange, context, { write: true });
  if (waiting instanceof Problem) {
    bodies.release(held);
    return waiting;
  }
  promised(() => service.write(request, context)).then(
    (answer) => {
      bodies.release(held);
      if (waiting.leave()) exchange.guard(() => answerWrite(exchange, answer, target));
    },
    (error: unknown) => {
      bodies.release(held);
      if (waiting.leave()) answerError(exchange, error);
    },
  );
  return undefined;
}

/** A service that throws instead of rejecting is a bug, but not one that may leak a place. */
function promised<T>(start: () => Promise<T>): Promise<T> {
  try {
    return start();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Takes a place among the waiting requests, or refuses. */
function admit(
  exchange: Exchange,
  context: RequestContext,
  kind: { readonly write: boolean },
): KvWaiting | Problem {
  const { inFlight, answers } = exchange.parts;
  if (inFlight.full) return overloaded(exchange);
  if (!kind.write && !answers.admit()) {
    return new Problem('overloaded', {
      detail: 'Clients have not taken the answers they asked for; nothing was read.',
      limit: 'answerBytesUnsentMax',
    });
  }
  const waiting = new KvWaiting(exchange, context.timeoutMs, kind.write);
  inFlight.add(waiting);
  return waiting;
}

class KvWaiting implements Waiting {
  readonly overdueMs: number;
  place = -1;
  readonly #exchange: Exchange;
  readonly #write: boolean;

  constructor(exchange: Exchange, timeoutMs: number, write: boolean) {
    const { now, limits } = exchange.parts;
    this.#exchange = exchange;
    this.#write = write;
    this.overdueMs = now() + timeoutMs + limits.timeoutGraceMs;
  }

  leave(): boolean {
    return this.#exchange.parts.inFlight.remove(this);
  }

  /** The service keeps its own deadlines; this is for the case that it does not. */
  expire(): void {
    if (!this.leave()) return;
    if (this.#write) this.#exchange.problem('outcome_unknown');
    else this.#exchange.problem('read_timed_out', { detail: staleHint('read_timed_out') });
  }
}

function requestContext({ id, headers, parts }: Exchange): RequestContext | Problem {
  return readContext(id, headers, parts.limits);
}

function checkPutHeaders({ headers }: Exchange): Problem | undefined {
  const { contentType, contentEncoding, contentRange, transferEncoding } = headers;
  if (contentType !== undefined && !isContentType(contentType)) {
    const allowed = `printable ASCII, at most ${contentTypeBytesMax} bytes`;
    return invalidHeader('Content-Type', contentType, [allowed]);
  }
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    return new Problem('unsupported_encoding', { header: 'Content-Encoding' });
  }
  // RFC 9110, 9.3.4: a server without partial PUT refuses one instead of replacing the whole.
  if (contentRange !== undefined) {
    return invalidHeader('Content-Range', contentRange, ['no such header']);
  }
  if (transferEncoding !== undefined && transferEncoding.toLowerCase() !== 'chunked') {
    return new Problem('not_built', {
      detail: 'The only transfer coding is chunked.',
      feature: 'Transfer-Encoding',
      header: 'Transfer-Encoding',
    });
  }
  return undefined;
}

function bodyFailed(exchange: Exchange, failure: BodyFailure): void {
  if (failure === 'cut-off') {
    exchange.abandon();
    return;
  }
  const { limits } = exchange.parts;
  const problem = failure === 'too-large' ? tooLarge(limits.valueBytesMax) : noRoom();
  exchange.problem(problem.code, problem.facts);
}

function tooLarge(bytesMax: number): Problem {
  return new Problem('value_too_large', {
    detail: `A value is at most ${bytesMax} bytes.`,
    limit: 'valueBytesMax',
    limit_bytes: bytesMax,
  });
}

function noRoom(): Problem {
  return new Problem('overloaded', {
    detail: 'The bodies of all requests together are at their limit; nothing was applied.',
    limit: 'bodyBytesInFlightMax',
  });
}

function overloaded(exchange: Exchange): Problem {
  const { limit } = exchange.parts.inFlight;
  return new Problem('overloaded', {
    detail: `${limit} requests are waiting on this node; nothing was applied.`,
    limit: 'requestsInFlightMax',
  });
}

function unexpectedBody(exchange: Exchange): Problem {
  return new Problem('unexpected_body', { detail: `${exchange.method} takes no body.` });
}
