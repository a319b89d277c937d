/**
 * Why fastify or a route did not serve a page, as a problem of the catalogue: refusals of the
 * service, complaints of zod about parameters and bodies, and what fastify refuses by itself.
 */
import type { FastifyError } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { KvError } from '../kv/errors.js';
import { complaintWords } from './complaint-words.js';
import { bodyTooLarge } from './dispatch.js';
import { kvProblemFacts } from './kv-problem.js';
import type { HttpLimits } from './limits.js';
import { Problem, type ProblemCode } from './problems.js';

/** Codes for what fastify and its plugins refuse by themselves; other 4xx are bad targets. */
const byStatus: Readonly<Record<number, ProblemCode>> = {
  // Outside the static folder, or longer than any parameter: no such page.
  403: 'route_not_found',
  404: 'route_not_found',
  414: 'route_not_found',
  405: 'method_not_allowed',
  412: 'precondition_failed',
  415: 'unsupported_media_type',
};

export function pageProblem(error: unknown, method: string, limits: HttpLimits): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof KvError) return new Problem(error.code, kvProblemFacts(error));
  if (hasZodFastifySchemaValidationErrors(error)) {
    const complaints = error.validation as never;
    const isBody = error.validationContext === 'body';
    return isBody ? fromBody(complaints) : fromValidation(complaints);
  }
  const { statusCode: status, code } = (error ?? {}) as Partial<FastifyError>;
  if (status === undefined || status < 400 || status >= 500) {
    const reads = method === 'GET' || method === 'HEAD';
    return new Problem(reads ? 'internal_error' : 'internal_error_on_write');
  }
  if (status === 413) return bodyTooLarge(limits.adminBodyBytesMax);
  if (status === 415) {
    const detail = 'The body must be JSON, and Content-Type: application/json must say so.';
    return new Problem('unsupported_media_type', { detail, allowed: ['application/json'] });
  }
  if (code?.startsWith('FST_ERR_CTP_') || error instanceof SyntaxError) {
    const empty = code === 'FST_ERR_CTP_EMPTY_JSON_BODY';
    return new Problem('invalid_body', { detail: `The body is ${empty ? 'empty' : 'no JSON'}.` });
  }
  return new Problem(byStatus[status] ?? 'invalid_target');
}

interface Complaint {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message?: string;
  readonly params: object;
}

/** zod's complaints about a query string, in the words the data path uses. */
function fromValidation([first]: readonly Complaint[]): Problem {
  const { keys, values } = (first?.params ?? {}) as { keys?: string[]; values?: unknown[] };
  if (first?.keyword === 'unrecognized_keys') {
    const parameter = (keys?.[0] ?? '').slice(0, 64);
    return new Problem('unknown_parameter', {
      detail: `"${parameter}" is not a parameter of this route.`,
      parameter,
    });
  }
  const parameter = (first?.instancePath ?? '').replace(/^\//, '').slice(0, 64);
  return new Problem('invalid_parameter', {
    detail: `"${parameter}" ${wordsOf(first)}.`,
    parameter,
    ...(values === undefined ? {} : { allowed: values.map(String) }),
  });
}

/** zod's complaints about a body: the field by its path, and what it may be. */
function fromBody([first]: readonly Complaint[]): Problem {
  const { keys, values, options } = (first?.params ?? {}) as {
    keys?: string[];
    values?: unknown[];
    options?: unknown[];
  };
  const path = (first?.instancePath ?? '').replace(/^\//, '').slice(0, 64);
  const unknown = keys?.[0]?.slice(0, 64);
  if (unknown !== undefined) {
    const detail = `"${unknown}" is not a field of this request.`;
    return new Problem('invalid_body', { detail, parameter: unknown });
  }
  const what = path === '' ? 'The body' : `"${path}"`;
  const allowed = values ?? options;
  return new Problem('invalid_body', {
    detail: `${what} ${wordsOf(first)}.`,
    ...(path === '' ? {} : { parameter: path }),
    ...(allowed === undefined ? {} : { allowed: allowed.map(String) }),
  });
}

function wordsOf(complaint: Complaint | undefined): string {
  const { keyword: code = '', message = '', params = {} } = complaint ?? {};
  return complaintWords({ ...params, code, message });
}

/** Not a refusal but a failure of this program. */
export function isBug(code: ProblemCode): boolean {
  return code === 'internal_error' || code === 'internal_error_on_write';
}
