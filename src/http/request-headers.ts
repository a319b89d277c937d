/**
 * One pass over the raw headers of a request for the few that mean something here. Node's own
 * header object joins or drops repeated headers; here a repeated one is seen, and refused.
 */
import { Problem } from './problems.js';

export interface RequestHeaders {
  host: string | undefined;
  origin: string | undefined;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  contentType: string | undefined;
  contentLength: string | undefined;
  contentRange: string | undefined;
  contentEncoding: string | undefined;
  transferEncoding: string | undefined;
  idempotencyKey: string | undefined;
  kvorumTimeout: string | undefined;
  kvorumForward: string | undefined;
  kvorumRequestId: string | undefined;
  xRequestId: string | undefined;
  /** The first header of these that came twice. */
  repeated: string | undefined;
}

type Field = Exclude<keyof RequestHeaders, 'repeated'>;

/** By length first: most headers of most clients are then dismissed without a comparison. */
const known = byLength({
  host: 'host',
  origin: 'origin',
  'if-match': 'ifMatch',
  'if-none-match': 'ifNoneMatch',
  'content-type': 'contentType',
  'content-length': 'contentLength',
  'content-range': 'contentRange',
  'content-encoding': 'contentEncoding',
  'transfer-encoding': 'transferEncoding',
  'idempotency-key': 'idempotencyKey',
  'kvorum-timeout': 'kvorumTimeout',
  'kvorum-forward': 'kvorumForward',
  'kvorum-request-id': 'kvorumRequestId',
  'x-request-id': 'xRequestId',
});

export function readHeaders(rawHeaders: readonly string[]): RequestHeaders {
  const headers: RequestHeaders = {
    host: undefined,
    origin: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    contentType: undefined,
    contentLength: undefined,
    contentRange: undefined,
    contentEncoding: undefined,
    transferEncoding: undefined,
    idempotencyKey: undefined,
    kvorumTimeout: undefined,
    kvorumForward: undefined,
    kvorumRequestId: undefined,
    xRequestId: undefined,
    repeated: undefined,
  };
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const candidates = known[name.length];
    if (candidates === undefined) continue;
    const lower = name.toLowerCase();
    for (const candidate of candidates) {
      if (candidate.name !== lower) continue;
      if (headers[candidate.field] !== undefined) headers.repeated ??= name;
      else headers[candidate.field] = rawHeaders[at + 1] ?? '';
    }
  }
  return headers;
}

/** The refusal of a request that gave one of these twice. */
export function repeatedHeader(headers: RequestHeaders): Problem | undefined {
  if (headers.repeated === undefined) return undefined;
  return new Problem('repeated_header', {
    detail: `The header ${headers.repeated} is given more than once.`,
    header: headers.repeated,
  });
}

interface Candidate {
  readonly name: string;
  readonly field: Field;
}

function byLength(names: Readonly<Record<string, Field>>): readonly (readonly Candidate[])[] {
  const table: Candidate[][] = [];
  for (const [name, field] of Object.entries(names)) {
    const row = table[name.length] ?? [];
    row.push({ name, field });
    table[name.length] = row;
  }
  return table;
}
