/**
 * What an answer tells about a call, as a history needs it. Wherever the description says nothing
 * the safe reading is taken: a read without an answer changed nothing, and a write that may have
 * arrived may have happened.
 */
import type { AnswerFacts } from '../history/event.js';
import { type HttpAnswer, pick, toNumber } from './answer.js';
import type { FactSources, Meaning, RequestDescription, Rule } from './description.js';

export interface Reply {
  readonly type: 'ok' | 'fail' | 'info';
  /** Of a read: `null` when there is nothing. */
  readonly value?: string | null;
  readonly facts: AnswerFacts;
}

const readRules: readonly Rule[] = [
  { status: '2xx', means: 'ok' },
  { status: '404', means: 'absent' },
  { status: '*', means: 'fail' },
];
const writeRules: readonly Rule[] = [
  { status: '2xx', means: 'ok' },
  { status: '409', means: 'precondition-failed' },
  { status: '412', means: 'precondition-failed' },
  { status: '408', means: 'info' },
  { status: '4xx', means: 'fail' },
  { status: '*', means: 'info' },
];

const unconditional: ReadonlySet<string> = new Set(['write', 'delete']);

export function isRead(call: string): boolean {
  return call === 'read' || call === 'staleRead';
}

export function understand(
  call: string,
  described: RequestDescription,
  shared: FactSources,
  answer: HttpAnswer,
): Reply {
  const rules = [...(described.answers ?? []), ...(isRead(call) ? readRules : writeRules)];
  const said = rules.find((rule) => fits(rule, answer))?.means ?? 'info';
  // Without a condition none can have failed: the product refused, for a reason of its own.
  const refused = said === 'precondition-failed' && unconditional.has(call);
  const meaning = refused ? 'fail' : said;
  const sources = { ...shared, ...described.facts };
  const facts = readFacts(sources, answer);
  if (meaning === 'fail' || meaning === 'info') {
    // Nothing was read, whatever was to be read.
    const type = isRead(call) ? 'fail' : meaning;
    // Revisions of a call that took no effect, or nobody knows whether it did, are not its own.
    const { revision: _, shardRevision: __, ...told } = facts;
    return { type, facts: { ...told, error: facts.error ?? `HTTP ${answer.status}` } };
  }
  const { error: _, ...told } = facts;
  if (!isRead(call)) return { type: 'ok', facts: { ...told, ...outcome(meaning) } };
  const value = meaning === 'absent' ? undefined : pick(answer, sources.value ?? 'body');
  return { type: 'ok', value: value ?? null, facts: told };
}

function fits({ status, where, is }: Rule, answer: HttpAnswer): boolean {
  const shown = String(answer.status);
  const statusFits = status === '*' || status === shown || status === `${shown[0]}xx`;
  if (!statusFits || where === undefined) return statusFits;
  return (pick(answer, where) ?? null) === (is ?? null);
}

function outcome(meaning: Meaning): Pick<AnswerFacts, 'outcome'> {
  if (meaning === 'ok' || meaning === 'fail' || meaning === 'info') return {};
  return { outcome: meaning };
}

const numbers = ['revision', 'shard', 'shardRevision', 'stalenessMs'] as const;
const texts = ['node', 'error'] as const;

function readFacts(sources: FactSources, answer: HttpAnswer): AnswerFacts {
  const facts: Record<string, string | number> = {};
  for (const name of numbers) {
    const number = toNumber(pickFrom(sources[name], answer));
    if (number !== undefined) facts[name] = number;
  }
  for (const name of texts) {
    const text = pickFrom(sources[name], answer);
    if (text !== undefined) facts[name] = text;
  }
  return facts;
}

function pickFrom(source: string | undefined, answer: HttpAnswer): string | undefined {
  return source === undefined ? undefined : pick(answer, source);
}
