/**
 * The first code that sees a request, before fastify: gives it an id, checks its target and Host,
 * sends keys to the data path, known pages to fastify, and answers everything else itself, so that
 * no refusal ever depends on a router's idea of a path.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Exchange, type HttpParts } from './exchange.js';
import type { HostCheck } from './host-check.js';
import { originAllowed } from './origin-check.js';
import { Problem } from './problems.js';
import { type RequestHeaders, readHeaders, repeatedHeader } from './request-headers.js';
import type { RequestIds } from './request-id.js';
import { findRoute, type RouteVerdict } from './route-table.js';
import { handleKv, kvPrefix, kvRoute } from './routes/kv.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface DispatchOptions {
  readonly parts: HttpParts;
  readonly hosts: HostCheck;
  readonly ids: RequestIds;
  /** Fastify; sees only what the route table serves. */
  readonly pages: Handler;
}

/** What fastify needs to know of a request that was passed on to it. */
export interface PageRequest {
  readonly id: string;
  readonly route: string;
  readonly startedMs: number;
  readonly headers: RequestHeaders;
}

export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly #pages = new WeakMap<IncomingMessage, PageRequest>();
  #pagesInFlight = 0;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  get pagesInFlight(): number {
    return this.#pagesInFlight;
  }

  page(request: IncomingMessage): PageRequest | undefined {
    return this.#pages.get(request);
  }

  dispatch(
    request: IncomingMessage,
    response: ServerResponse,
    kind: { readonly expectsContinue: boolean; readonly expectsOther?: boolean },
  ): void {
    const { parts, ids } = this.#options;
    const headers = readHeaders(request.rawHeaders);
    const id = ids.take(headers.kvorumRequestId, headers.xRequestId);
    const target = originForm(request.url ?? '');
    const path = target?.path ?? '';
    const isKey = path.startsWith(kvPrefix);
    const verdict = isKey ? undefined : findRoute(request.method ?? '', cutQuery(path));
    const route = isKey
      ? kvRoute
      : verdict?.kind === 'unknown'
        ? 'unknown'
        : (verdict?.route ?? '');
    const exchange = new Exchange(parts, request, response, {
      id,
      route,
      instance: cutQuery(path === '' ? (request.url ?? '') : path),
      headers,
    });
    exchange.expectsContinue = kind.expectsContinue;
    try {
      const refusal = this.#refusal(exchange, target, kind.expectsOther ?? false);
      if (refusal !== undefined) exchange.problem(refusal.code, refusal.facts);
      else if (isKey) handleKv(exchange, path);
      else if (verdict?.kind === 'serve') this.#serve(exchange, path);
      else refuseRoute(exchange, verdict);
    } catch (error) {
      exchange.bug(error);
    }
  }

  /** What is wrong with the request whatever its route. */
  #refusal(
    { request, response, headers }: Exchange,
    target: Target | undefined,
    expectsOther: boolean,
  ): Problem | undefined {
    const { parts, hosts } = this.#options;
    if (request.httpVersionMajor !== 1) return new Problem('http_version_not_supported');
    if (target === undefined) return new Problem('invalid_target');
    if (expectsOther) return new Problem('expectation_failed');
    const { headerCountMax } = parts.limits;
    if (request.rawHeaders.length > 2 * headerCountMax) {
      const detail = `A request has at most ${headerCountMax} headers.`;
      return new Problem('headers_too_large', { detail, limit: 'headerCountMax' });
    }
    if (headers.repeated?.toLowerCase() === 'host') return new Problem('invalid_host');
    // RFC 9112, 3.2.2: the authority of an absolute target goes before the Host header.
    const host = headers.host === undefined ? undefined : (target.authority ?? headers.host);
    const verdict = hosts.check(host, request.httpVersionMinor >= 1);
    if (verdict === 'missing' || verdict === 'invalid') return new Problem('invalid_host');
    if (verdict === 'refused') {
      const detail = `${JSON.stringify(host)} is not a Host name of this node; use localhost.`;
      return new Problem('host_not_allowed', { detail });
    }
    // An answer before this one, still to come, ends the connection: this one would be lost.
    const cutOff = parts.draining() && response.socket === null;
    return cutOff || parts.closing() ? new Problem('stopping') : undefined;
  }

  #serve(exchange: Exchange, path: string): void {
    const { pages } = this.#options;
    const { request, response } = exchange;
    const refusal = this.#pageRefusal(exchange, path);
    if (refusal !== undefined) {
      exchange.problem(refusal.code, refusal.facts);
      return;
    }
    this.#pagesInFlight += 1;
    let open = true;
    const done = (): void => {
      if (open) this.#pagesInFlight -= 1;
      open = false;
    };
    response.once('finish', done);
    request.once('close', done);
    const { id, route, startedMs, headers } = exchange;
    this.#pages.set(request, { id, route, startedMs, headers });
    request.url = path;
    if (exchange.expectsContinue) response.writeContinue();
    pages(request, response);
  }

  #pageRefusal(exchange: Exchange, path: string): Problem | undefined {
    if (path.includes('#')) return new Problem('invalid_target');
    const repeated = repeatedHeader(exchange.headers);
    if (repeated !== undefined) return repeated;
    const { method } = exchange;
    const refusal = changing.has(method) ? bodyRefusal(exchange) : undefined;
    if (refusal !== undefined) return refusal;
    if (exchange.hasBody && !withBody.has(method)) return new Problem('unexpected_body');
    if (this.#pagesInFlight < exchange.parts.limits.otherRequestsInFlightMax) return undefined;
    return new Problem('overloaded', { limit: 'otherRequestsInFlightMax' });
  }
}

const withBody: ReadonlySet<string> = new Set(['POST', 'PATCH']);
const changing: ReadonlySet<string> = new Set([...withBody, 'DELETE']);

/** What changes something comes from no foreign page, and its body is small. */
function bodyRefusal({ headers, parts }: Exchange): Problem | undefined {
  if (!originAllowed(headers.origin, headers.host)) {
    const detail = `${JSON.stringify(headers.origin?.slice(0, 128))} is another origin than this.`;
    return new Problem('origin_not_allowed', { detail, header: 'Origin' });
  }
  if (headers.contentEncoding !== undefined) {
    return new Problem('unsupported_encoding', { header: 'Content-Encoding' });
  }
  const { adminBodyBytesMax } = parts.limits;
  return Number(headers.contentLength ?? 0) > adminBodyBytesMax
    ? bodyTooLarge(adminBodyBytesMax)
    : undefined;
}

export function bodyTooLarge(bytesMax: number): Problem {
  const detail = `The body of an administration request has at most ${bytesMax} bytes.`;
  return new Problem('body_too_large', {
    detail,
    limit: 'adminBodyBytesMax',
    limit_bytes: bytesMax,
  });
}

function refuseRoute(exchange: Exchange, verdict: RouteVerdict | undefined): void {
  const { method } = exchange;
  if (verdict?.kind === 'not-built') {
    const feature = `${method} ${verdict.route}`;
    exchange.problem('not_built', { detail: `${feature} is not built yet.`, feature });
  } else if (verdict?.kind === 'wrong-method') {
    const { route, allowed } = verdict;
    const detail = `${method} is not a method of ${route}.`;
    exchange.problem('method_not_allowed', { detail, allowed });
  } else {
    const detail = 'There is no such route; /docs has them all, keys live under /v1/kv/.';
    exchange.problem('route_not_found', { detail });
  }
}

function cutQuery(target: string): string {
  const at = target.indexOf('?');
  return at === -1 ? target : target.slice(0, at);
}

interface Target {
  readonly path: string;
  readonly authority: string | undefined;
}

/** The path and query of an origin-form or absolute-form target (RFC 9112, 3.2). */
function originForm(url: string): Target | undefined {
  if (url.charCodeAt(0) === 0x2f) return { path: url, authority: undefined };
  const match = /^https?:\/\/([^/?#@]+)/i.exec(url);
  if (match === null) return undefined;
  const rest = url.slice(match[0].length);
  return { path: rest.startsWith('/') ? rest : `/${rest}`, authority: match[1] };
}
