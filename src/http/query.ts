/**
 * Query strings, strictly: a parameter that the route does not know, that comes twice, or that has
 * a value outside its grammar is a 400 which names it. An ignored parameter is how a client
 * believes for years that it reads linearizably.
 */
import { describeDuration, parseDuration } from './duration.js';
import { Problem } from './problems.js';

/** Splits and decodes; `allowed` are the names the route knows. */
export function parseQuery(
  query: string,
  allowed: readonly string[],
): ReadonlyMap<string, string> | Problem {
  const values = new Map<string, string>();
  if (query === '') return values;
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? '' : decode(part.slice(equals + 1));
    if (name === undefined || value === undefined) {
      return new Problem('invalid_parameter', {
        detail: 'The query is not correctly percent-encoded UTF-8.',
        parameter: part.slice(0, 64),
        allowed,
      });
    }
    if (!allowed.includes(name)) return unknownParameter(name, allowed);
    if (values.has(name)) {
      return new Problem('repeated_parameter', {
        detail: `The parameter "${name}" is given more than once.`,
        parameter: name,
      });
    }
    values.set(name, value);
  }
  return values;
}

export interface ReadOptions {
  readonly consistency: 'linearizable' | 'stale';
  readonly maxStalenessMs: number | undefined;
}

export const stalenessRange = { minMs: 1, maxMs: 24 * 60 * 60_000 };

const readParameters = ['consistency', 'max_staleness'];
const consistencies = ['linearizable', 'stale'];
const linearizable: ReadOptions = { consistency: 'linearizable', maxStalenessMs: undefined };

export function parseReadQuery(query: string | undefined): ReadOptions | Problem {
  if (query === undefined) return linearizable;
  const values = parseQuery(query, readParameters);
  if (values instanceof Problem) return values;
  const consistency = values.get('consistency') ?? 'linearizable';
  if (consistency === 'lease') {
    return new Problem('not_built', {
      detail: 'consistency=lease is not built yet; linearizable and stale are.',
      feature: 'consistency=lease',
      parameter: 'consistency',
      allowed: consistencies,
    });
  }
  if (consistency !== 'linearizable' && consistency !== 'stale') {
    return invalidParameter('consistency', consistency, consistencies);
  }
  const bound = values.get('max_staleness');
  if (bound === undefined) return { consistency, maxStalenessMs: undefined };
  if (consistency !== 'stale') {
    return new Problem('invalid_parameter', {
      detail: 'max_staleness goes with consistency=stale only.',
      parameter: 'max_staleness',
      allowed: ['together with consistency=stale'],
    });
  }
  const maxStalenessMs = parseDuration(bound, stalenessRange);
  if (maxStalenessMs === undefined) {
    return invalidParameter('max_staleness', bound, [describeDuration(stalenessRange)]);
  }
  return { consistency, maxStalenessMs };
}

/** What a write takes: nothing yet. `ttl` is part of the API and not built. */
export function parseWriteQuery(
  query: string | undefined,
  type: 'put' | 'delete',
): Problem | undefined {
  if (query === undefined) return undefined;
  const values = parseQuery(query, type === 'put' ? ['ttl'] : []);
  if (values instanceof Problem) return values;
  if (!values.has('ttl')) return undefined;
  return new Problem('not_built', {
    detail: 'ttl is not built yet; without it the value is kept until it is deleted.',
    feature: 'ttl',
    parameter: 'ttl',
  });
}

function unknownParameter(name: string, allowed: readonly string[]): Problem {
  const list = allowed.length === 0 ? 'no parameters' : allowed.join(', ');
  return new Problem('unknown_parameter', {
    detail: `"${name.slice(0, 64)}" is not a parameter of this route; it takes ${list}.`,
    parameter: name.slice(0, 64),
    allowed,
  });
}

function invalidParameter(name: string, value: string, allowed: readonly string[]): Problem {
  return new Problem('invalid_parameter', {
    detail: `"${value.slice(0, 64)}" is not a value of ${name}; allowed: ${allowed.join(', ')}.`,
    parameter: name,
    allowed,
  });
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
