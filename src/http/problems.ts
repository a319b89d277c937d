/**
 * The one catalogue of everything this server can answer that is not success: the codes of the
 * key-value layer with their HTTP status, and the codes that only HTTP knows. `docs/ERRORS.md`
 * lists them all and a test compares both ways; `/docs/errors/{code}` serves each entry.
 */
import { type KvErrorCode, kvErrors, type Outcome } from '../kv/errors.js';
import { kvKinds } from './kv-kinds.js';

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly outcome: Outcome;
  /** The same request may succeed later, without anybody changing it. */
  readonly retryable: boolean;
  /** Set where waiting helps: the wait that is proposed when the service names none. */
  readonly retryAfterMs?: number;
  /** What a client or operator should do. */
  readonly advice: string;
}

type HttpKind = Omit<ProblemKind, 'outcome' | 'retryable'> &
  Partial<Pick<ProblemKind, 'outcome' | 'retryable'>>;

const httpKinds = {
  malformed_request: {
    status: 400,
    title: 'The bytes received are not an HTTP request this server can read.',
    advice: 'Percent-encode every byte of the key that is not printable ASCII.',
  },
  invalid_host: {
    status: 400,
    title: 'A request needs exactly one valid Host header.',
    advice: 'Send one `Host` header.',
  },
  invalid_target: {
    status: 400,
    title: 'The request target is not one this server accepts.',
    advice: 'Percent-encode `#` as `%23` and every byte that is not printable ASCII.',
  },
  invalid_key: {
    status: 400,
    title: 'The key is not correctly percent-encoded.',
    advice: 'Write `%` followed by two hexadecimal digits; a literal `%` is `%25`.',
  },
  empty_key: {
    status: 400,
    title: 'The key is empty.',
    advice: 'A key is 1 to 1,024 bytes after `/v1/kv/`.',
  },
  key_too_long: {
    status: 400,
    title: 'The key is longer than 1,024 bytes.',
    advice: 'Use a shorter key, for example a hash of the long name. `limit_bytes` has the limit.',
  },
  unknown_parameter: {
    status: 400,
    title: 'The query has a parameter this route does not know.',
    advice: 'Drop the parameter that `parameter` names; `allowed` lists what the route takes.',
  },
  repeated_parameter: {
    status: 400,
    title: 'A query parameter is given more than once.',
    advice: 'Send the parameter that `parameter` names once.',
  },
  invalid_parameter: {
    status: 400,
    title: 'A query parameter has a value this route does not accept.',
    advice: 'Correct the value of `parameter`; `allowed` says what it may be.',
  },
  invalid_header: {
    status: 400,
    title: 'A header has a value this route does not accept.',
    advice: 'Correct the header that `header` names; `allowed` says what it may be.',
  },
  repeated_header: {
    status: 400,
    title: 'A header is given more than once.',
    advice: 'Send the header that `header` names once.',
  },
  unexpected_body: {
    status: 400,
    title: 'This request must not have a body.',
    advice: 'Only `PUT`, `POST` and `PATCH` take a body.',
  },
  invalid_body: {
    status: 400,
    title: 'The body is not what this route takes.',
    advice: 'Correct the field that `parameter` names; `/docs` has the schema.',
  },
  origin_not_allowed: {
    status: 403,
    title: 'A page of another origin may not change anything here.',
    advice: 'Send no `Origin` header, or the address of the node itself.',
  },
  incomplete_body: {
    status: 400,
    title: 'The body ended before its announced length; nothing was applied.',
    advice: 'Send the whole body again.',
  },
  host_not_allowed: {
    status: 403,
    title: 'This Host name is not served here.',
    advice:
      'Use `localhost` or the address of the node. Operator: the name in `--http-advertise` is ' +
      'served too. A node on loopback refuses unknown names against DNS rebinding.',
  },
  key_not_found: {
    status: 404,
    title: 'There is no such key.',
    advice: 'Nothing, if that is an answer; `Kvorum-Revision` says as of when.',
  },
  route_not_found: {
    status: 404,
    title: 'There is no such route.',
    advice: 'See `/docs` for the routes; keys live under `/v1/kv/`.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The route exists but not for this method.',
    advice: 'Use a method of the `Allow` header.',
  },
  request_timeout: {
    status: 408,
    retryable: true,
    title: 'The request did not arrive completely in time; nothing was applied.',
    advice: 'Send it again, faster or smaller.',
  },
  precondition_failed: {
    status: 412,
    title: 'If-Match or If-None-Match does not hold; nothing was changed.',
    advice: 'Decide anew from `current_revision` (absent: the key does not exist).',
  },
  body_too_large: {
    status: 413,
    title: 'The body is larger than this route accepts.',
    advice: 'Send less; `limit_bytes` has the limit.',
  },
  value_too_large: {
    status: 413,
    title: 'The value is larger than this node accepts.',
    advice: 'Split the value; `limit_bytes` has the limit.',
  },
  unsupported_encoding: {
    status: 415,
    title: 'Values are kept as they are sent, without a Content-Encoding.',
    advice: 'Drop `Content-Encoding`; a compressed value may say so in its `Content-Type`.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'This route does not take a body of this type.',
    advice: 'See `/docs` for what the route takes.',
  },
  expectation_failed: {
    status: 417,
    title: 'The only expectation this server meets is 100-continue.',
    advice: 'Drop the `Expect` header.',
  },
  headers_too_large: {
    status: 431,
    title: 'The request line and headers are too large or too many.',
    advice: 'Send fewer or shorter headers; the limits are 16 KiB and 100 headers by default.',
  },
  internal_error: {
    status: 500,
    retryable: true,
    title: 'This node failed at something it should be able to do; nothing was applied.',
    advice: 'Report it with `request_id`; the log of the node has the stack.',
  },
  internal_error_on_write: {
    status: 500,
    outcome: 'unknown',
    title: 'This node failed in the middle of a write: it may or may not be applied.',
    advice: 'Read the key before writing again; report it with `request_id`.',
  },
  not_built: {
    status: 501,
    title: 'This is part of the API but not built yet.',
    advice: 'Do without; `feature` says what is missing. It is never silently ignored.',
  },
  read_timed_out: {
    status: 503,
    retryable: true,
    retryAfterMs: 300,
    title: 'The read was not answered within its time.',
    advice: 'Retry; `?consistency=stale` reads without asking the leader.',
  },
  http_version_not_supported: {
    status: 505,
    title: 'This server speaks HTTP/1.1 and HTTP/1.0.',
    advice: 'Use HTTP/1.1.',
  },
} as const satisfies Record<string, HttpKind>;

export type HttpProblemCode = keyof typeof httpKinds;
export type ProblemCode = KvErrorCode | HttpProblemCode;

/** Every code this server can answer, with the defaults filled in. */
export const problems: Readonly<Record<ProblemCode, ProblemKind>> = Object.freeze({
  ...fromKv(),
  ...fromHttp(),
});

function fromKv(): Record<KvErrorCode, ProblemKind> {
  const kinds: Record<string, ProblemKind> = {};
  for (const [code, kind] of Object.entries(kvKinds)) {
    const { outcome, retryable, sentence } = kvErrors[code as KvErrorCode];
    kinds[code] = { title: sentence, outcome, retryable, ...kind };
  }
  return kinds;
}

function fromHttp(): Record<HttpProblemCode, ProblemKind> {
  const kinds: Record<string, ProblemKind> = {};
  for (const [code, kind] of Object.entries(httpKinds)) {
    kinds[code] = { outcome: 'not_applied', retryable: false, ...kind };
  }
  return kinds;
}

/** What a problem says beyond its catalogue entry. Extension members use JSON's snake case. */
export interface ProblemFacts {
  readonly detail?: string;
  readonly retryAfterMs?: number;
  readonly shard?: number;
  readonly key?: string;
  readonly current_revision?: number;
  readonly current_epoch?: number;
  readonly staleness_ms?: number;
  readonly refusal?: string;
  readonly leader_node?: number;
  readonly leader_address?: string;
  readonly limit?: string;
  readonly limit_bytes?: number;
  readonly parameter?: string;
  readonly header?: string;
  readonly feature?: string;
  readonly allowed?: readonly string[];
}

/** A request that ends with a problem: a value while parsing, thrown only across fastify. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly facts: ProblemFacts;
  constructor(code: ProblemCode, facts: ProblemFacts = {}) {
    super(facts.detail ?? problems[code].title);
    this.code = code;
    this.facts = facts;
  }
}

/** The body of RFC 9457. `instance` is the request's path, `type` resolves on every node. */
export function problemBody(
  code: ProblemCode,
  facts: ProblemFacts,
  request: { readonly id: string; readonly instance: string },
): string {
  const kind = problems[code];
  const { detail, retryAfterMs = kind.retryAfterMs, ...extensions } = facts;
  return `${JSON.stringify({
    type: `/docs/errors/${code}`,
    title: kind.title,
    status: kind.status,
    detail: detail ?? kind.title,
    instance: request.instance,
    code,
    outcome: kind.outcome,
    retryable: kind.retryable,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
    ...extensions,
    request_id: request.id,
  })}\n`;
}

/** Whole seconds, at least one (RFC 9110 has no finer grain); undefined: waiting is no help. */
export function retryAfterSeconds(code: ProblemCode, facts: ProblemFacts): number | undefined {
  const waitMs = facts.retryAfterMs ?? problems[code].retryAfterMs;
  return waitMs === undefined ? undefined : Math.max(1, Math.ceil(waitMs / 1000));
}
