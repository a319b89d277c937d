/**
 * Answers of `/v1/kv/{key}`: what a replica decided, or why none could, as HTTP.
 */
import { KvError } from '../../kv/errors.js';
import type { Decided, ReadAnswer, WriteAnswer } from '../../kv/service.js';
import type { Revision } from '../../kv/store/types.js';
import { entityTag, judgeRead, type ReadCondition } from '../conditions.js';
import type { Exchange } from '../exchange.js';
import { canonicalKey, type ParsedTarget } from '../key.js';
import { kvProblemFacts } from '../kv-problem.js';
import { contentTypeBytesMax } from '../limits.js';
import { type ProblemCode, problems } from '../problems.js';
import type { ReadOptions } from '../query.js';

export function answerRead(
  exchange: Exchange,
  answer: ReadAnswer,
  options: ReadOptions,
  condition: ReadCondition | undefined,
): void {
  decide(exchange, answer);
  const { found } = answer;
  const more = options.consistency === 'stale' ? stalenessHeaders(answer) : [];
  if (found === undefined) {
    exchange.problem('key_not_found', {}, { headers: more });
    return;
  }
  more.push('ETag', entityTag(found.revision));
  const verdict = condition === undefined ? 'send' : judgeRead(condition, found.revision);
  if (verdict === 'precondition-failed') {
    const facts = preconditionFacts(found.revision);
    exchange.problem('precondition_failed', facts, { headers: more });
  } else if (verdict === 'not-modified') {
    exchange.send(304, exchange.identity().concat(more), undefined);
  } else {
    sendValue(exchange, found, more);
  }
}

function sendValue(
  exchange: Exchange,
  { value, contentType }: NonNullable<ReadAnswer['found']>,
  more: readonly string[],
): void {
  const headers = exchange.identity();
  headers.push(...more, 'Content-Length', String(value.length));
  if (contentType !== '' && isContentType(contentType)) headers.push('Content-Type', contentType);
  const isHead = exchange.method === 'HEAD';
  exchange.send(200, headers, isHead ? undefined : value);
  if (isHead) return;
  exchange.parts.answers.track(exchange.response, exchange.request.socket, value.length);
}

export function answerWrite(exchange: Exchange, answer: WriteAnswer, target: ParsedTarget): void {
  decide(exchange, answer);
  const { outcome, shard, shardRevision: revision } = answer;
  if (outcome === 'precondition-failed') {
    const { current } = answer;
    const tag = current === undefined ? [] : ['ETag', entityTag(current)];
    const facts = preconditionFacts(current);
    exchange.problem('precondition_failed', facts, { headers: tag });
    return;
  }
  const headers = exchange.identity();
  let status = 200;
  let body: string;
  if (outcome === 'created' || outcome === 'replaced') {
    const created = outcome === 'created';
    if (created) status = 201;
    headers.push('ETag', entityTag(revision));
    // A canonical key has no character that JSON would escape.
    const key = target.canonical ?? canonicalKey(target.key);
    body = `{"key":"${key}","revision":${revision},"created":${created},"shard":${shard}}\n`;
  } else {
    body = `{"deleted":${outcome === 'deleted'},"revision":${revision}}\n`;
  }
  headers.push('Content-Type', 'application/json', 'Content-Length', String(body.length));
  exchange.send(status, headers, body);
}

/** What to decide anew from. `current`: the revision of the key; undefined when there is none. */
function preconditionFacts(current: Revision | undefined) {
  const failed = 'If-Match or If-None-Match does not hold: the key';
  if (current === undefined) return { detail: `${failed} does not exist.` };
  return { detail: `${failed} is at revision ${current}.`, current_revision: current };
}

/** A KvError is an answer; anything else is a bug. */
export function answerError(exchange: Exchange, error: unknown): void {
  if (!(error instanceof KvError)) {
    exchange.bug(error);
    return;
  }
  const { code, message } = error;
  const detail = waitsForMajority.has(code) ? staleHint(code, message) : message;
  exchange.problem(code, { ...kvProblemFacts(error), detail });
}

const waitsForMajority: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'no_leader',
  'deadline_before_proposal',
  'lost_leadership',
]);

/** What still works on the side without a majority. */
export function staleHint(code: ProblemCode, detail: string = problems[code].title): string {
  return `${detail} Reads with ?consistency=stale still work where a replica can be reached.`;
}

const contentTypeGrammar = new RegExp(`^[\\x20-\\x7e]{0,${contentTypeBytesMax}}$`);

export function isContentType(text: string): boolean {
  return contentTypeGrammar.test(text);
}

function decide(exchange: Exchange, decided: Decided): void {
  exchange.decided = decided;
  exchange.shard = decided.shard;
}

function stalenessHeaders({ stalenessMs }: ReadAnswer): string[] {
  const bound = stalenessMs === undefined ? 'unknown' : String(Math.ceil(stalenessMs));
  return ['Kvorum-Consistency', 'stale', 'Kvorum-Staleness', bound];
}
