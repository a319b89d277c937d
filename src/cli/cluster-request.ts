/**
 * A request to a cluster: to the first node that takes it. A read may be asked of every node. A
 * write goes on to the next node only when it surely was not applied by the one before: there was
 * no connection, or the node said so itself. Everything else is "unknown", and is repeated only
 * when whoever asks knows that twice is the same as once.
 */
import type { Invocation } from './command.js';
import { CommandError, UsageError } from './command-errors.js';
import { parseDurationMs } from './duration.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { type HttpAnswer, HttpFailure, type HttpRequest, request } from './http-request.js';

export interface Cluster {
  /** `http://host:port` each, in the order to be tried. */
  readonly urls: readonly string[];
  readonly timeoutMs: number;
}

export interface ClusterRequest extends Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'> {
  /** Twice is the same as once: when an answer is lost the next node may be asked. */
  readonly repeatable?: boolean;
}

export interface ClusterAnswer extends HttpAnswer {
  readonly url: string;
}

export const defaultUrl = 'http://127.0.0.1:8401';
/** What a node accepts in `Kvorum-Timeout`. */
const timeoutMsMax = 60_000;
const connectTimeoutMs = 1000;
/** The node answers at the deadline; this is for its answer to arrive, where nothing waits. */
const answerGraceMs = 500;

export function clusterOf(
  { flags }: Invocation,
  env: Readonly<Record<string, string | undefined>>,
): Cluster {
  const fromEnvironment = (env['KVORUM_URL'] ?? '').split(/[\s,]+/).filter(Boolean);
  const given = flags.texts('node');
  const urls = given.length > 0 ? given : fromEnvironment;
  const text = flags.text('timeout') ?? '5s';
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs === undefined || timeoutMs < 10 || timeoutMs > timeoutMsMax) {
    throw new UsageError(`--timeout is "${text}"; it must be a duration from 10ms to 60s.`);
  }
  return { urls: (urls.length > 0 ? urls : [defaultUrl]).map(normalizeUrl), timeoutMs };
}

function normalizeUrl(text: string): string {
  const withScheme = /^[a-z]+:\/\//.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url?.protocol === 'http:' && url.pathname === '/' && !url.search && !url.username) {
    return url.origin;
  }
  throw new UsageError(`"${text}" is not the address of a node; it must be http://HOST:PORT.`);
}

/** Throws CommandError with the right exit code when no node gave a final answer. */
export async function ask(cluster: Cluster, wanted: ClusterRequest): Promise<ClusterAnswer> {
  const endsAt = performance.now() + cluster.timeoutMs;
  const isRead = wanted.method === 'GET';
  const refusals: string[] = [];
  let lost = false;
  let last: ClusterAnswer | undefined;
  for (const [i, url] of cluster.urls.entries()) {
    const nodesLeft = cluster.urls.length - i;
    const remainingMs = Math.floor(endsAt - performance.now());
    if (remainingMs < 1) break;
    // A write gets all the time there is: it cannot be tried again once it has been sent.
    const timeoutMs = isRead ? Math.ceil(remainingMs / nodesLeft) : remainingMs;
    try {
      const answer = await requestOf(url, wanted, { timeoutMs, hasNext: nodesLeft > 1 });
      last = { ...answer, url };
      if (!mayTryNext(answer, isRead)) return last;
      refusals.push(`${url}: ${describeProblem(answer)}`);
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      refusals.push(`${url}: ${error.message}`);
      if (!error.sent || isRead) continue;
      lost = true;
      if (!wanted.repeatable) break;
    }
  }
  if (last !== undefined && refusals.length === 1) return last;
  if (lost) throw failure(unknownMeaning, refusals, exitCodes.unknown);
  const meaning = isRead ? 'No node answered.' : 'No node could do it; nothing was applied.';
  throw failure(meaning, refusals, exitCodes.notApplied);
}

interface Attempt {
  readonly timeoutMs: number;
  readonly hasNext: boolean;
}

function requestOf(
  url: string,
  wanted: ClusterRequest,
  { timeoutMs, hasNext }: Attempt,
): Promise<HttpAnswer> {
  const givesWay = hasNext && wanted.method === 'GET';
  return request({
    ...wanted,
    url,
    timeoutMs: givesWay ? timeoutMs : timeoutMs + answerGraceMs,
    ...(hasNext && { connectTimeoutMs }),
    headers: { ...wanted.headers, 'Kvorum-Timeout': `${Math.max(10, timeoutMs)}ms` },
  });
}

/** What a node says of a request that it did not carry out. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly outcome: 'not_applied' | 'unknown' | undefined;
  readonly retryable: boolean;
}

export function problemOf(answer: HttpAnswer): Problem {
  // What is no problem document says what it has to say in plain text.
  const { code, detail, title, outcome, retryable } = jsonOf(answer);
  const text = [detail, title].find((candidate) => typeof candidate === 'string');
  return {
    code: typeof code === 'string' ? code : `http_${answer.status}`,
    detail: typeof text === 'string' ? text : plainText(answer),
    outcome: outcome === 'not_applied' || outcome === 'unknown' ? outcome : undefined,
    retryable: retryable === true,
  };
}

/** The first line of whoever answers there instead of a node: a proxy, or a peer port. */
function plainText({ status, headers, body }: HttpAnswer): string {
  const [line = ''] = body.toString('utf8', 0, 200).trim().split('\n');
  const isText = headers['content-type']?.startsWith('text/plain') === true;
  return isText && line !== '' ? line : `HTTP status ${status}`;
}

export function describeProblem(answer: HttpAnswer): string {
  const { code, detail } = problemOf(answer);
  return `${answer.status} ${code}: ${detail}`;
}

function mayTryNext(answer: HttpAnswer, isRead: boolean): boolean {
  if (answer.status < 400) return false;
  const { outcome, retryable } = problemOf(answer);
  if (isRead) return answer.status === 421 || answer.status === 429 || answer.status >= 500;
  if (answer.status === 421) return outcome === 'not_applied';
  // A conflict is one on every node: they all ask the same leader.
  return outcome === 'not_applied' && retryable && answer.status !== 409;
}

const unknownMeaning =
  'The outcome is unknown: it may or may not be applied. Look before you retry.';

/** How a command ends whose request was refused. */
export function exitCodeOf(answer: HttpAnswer): ExitCode {
  const { status } = answer;
  const { code, outcome } = problemOf(answer);
  if (status === 404) return code === 'key_not_found' ? exitCodes.notFound : exitCodes.failed;
  if (status === 412) return exitCodes.preconditionFailed;
  if (outcome === 'unknown') return exitCodes.unknown;
  if (status === 421 || status === 429 || status >= 500) {
    // Without a word from the node itself nothing is sure.
    return outcome === 'not_applied' ? exitCodes.notApplied : exitCodes.unknown;
  }
  return exitCodes.failed;
}

export function jsonOf(answer: HttpAnswer): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(answer.body.toString('utf8'));
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

function failure(meaning: string, refusals: readonly string[], exitCode: ExitCode): CommandError {
  const list = refusals.map((refusal) => `  ${refusal}`).join('\n');
  return new CommandError(`${meaning}\n${list}`, exitCode);
}
