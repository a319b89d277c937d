/** The project's own format: one event per line, as JSON. Every line is checked when it is read. */
import type { EventType, HistoryEvent, RevisionCondition } from './event.js';
import { HistoryError } from './history-error.js';
import type { PlacedEvent } from './placed-event.js';

export function toJsonLine(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * Empty lines are skipped, and so is a last one that was cut in its middle: whoever wrote it was
 * killed, and what it would have answered stays open. The order of the lines is the order of the
 * events, so times must not go back.
 */
export function parseJsonLines(text: string): PlacedEvent[] {
  const placed: PlacedEvent[] = [];
  const lines = text.split('\n');
  let latestNs = Number.NEGATIVE_INFINITY;
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    if (at > 0 && at === lines.length - 1 && !isJson(line)) break;
    const event = parseLine(line, at + 1);
    if (event.timeNs < latestNs) {
      throw new HistoryError('it is earlier than the line before; put the lines in order', at + 1);
    }
    latestNs = event.timeNs;
    placed.push({ event, line: at + 1 });
  }
  return placed;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseLine(text: string, line: number): HistoryEvent {
  const fields = parseObject(text, line);
  const wrong = (name: string, want: string) =>
    new HistoryError(`"${name}" must be ${want}, not ${JSON.stringify(fields[name])}`, line);
  if (!isEventType(fields['type'])) throw wrong('type', 'invoke, ok, fail or info');
  const { process } = fields;
  if (process !== 'nemesis' && !isCount(process)) throw wrong('process', 'a number or "nemesis"');
  if (typeof fields['f'] !== 'string') throw wrong('f', 'a word');
  const timeNs = Number(fields['timeNs'] ?? fields['time'] ?? 0);
  if (!Number.isFinite(timeNs)) throw wrong('timeNs', 'a number');
  const { key } = fields;
  const isKey = key === undefined || typeof key === 'string' || isNumber(key);
  if (!isKey) throw wrong('key', 'a text');
  const { consistency } = fields;
  if (consistency !== undefined && consistency !== 'linearizable' && consistency !== 'stale') {
    throw wrong('consistency', '"linearizable" or "stale"');
  }
  const vague = vagueNumber(fields['value'], line);
  if (vague !== undefined) {
    throw new HistoryError(`${vague} may be several numbers; write it as a text`, line);
  }
  if (!isCondition(fields['condition'])) {
    throw wrong('condition', '{ "ifMatch" or "ifNoneMatch": a revision or "*" }');
  }
  for (const name of numbers) {
    if (fields[name] !== undefined && !isNumber(fields[name])) throw wrong(name, 'a number');
  }
  for (const name of ['node', 'error', 'outcome']) {
    const value = fields[name];
    if (value !== undefined && typeof value !== 'string') throw wrong(name, 'a text');
  }
  if (!outcomes.has(fields['outcome'])) throw wrong('outcome', [...outcomes].slice(1).join(', '));
  // Checked field by field above; fields that the format does not know stay, for reports.
  const named = key === undefined ? {} : { key: String(key) };
  return { ...fields, ...named, timeNs } as unknown as HistoryEvent;
}

const numbers = ['shard', 'shardRevision', 'revision', 'stalenessMs', 'clockErrorMs', 'servedNs'];
const outcomes = new Set<unknown>([
  undefined,
  ...['created', 'replaced', 'deleted', 'absent', 'precondition-failed'],
]);

function parseObject(text: string, line: number): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HistoryError(`not JSON: ${why}`, line);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new HistoryError('not a JSON object', line);
  }
  return parsed as Fields;
}

function vagueNumber(value: unknown, line: number): number | undefined {
  try {
    return unsafeNumber(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HistoryError('its value is nested too deep', line);
  }
}

/** Above 2^53 numbers collapse into each other when they are read. */
export function unsafeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? value : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const part of Object.values(value)) {
    const found = unsafeNumber(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function isEventType(value: unknown): value is EventType {
  return value === 'invoke' || value === 'ok' || value === 'fail' || value === 'info';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value);
}

function isCondition(value: unknown): value is RevisionCondition | undefined {
  if (value === undefined) return true;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(
    ([name, tag]: [string, unknown]) =>
      (name === 'ifMatch' || name === 'ifNoneMatch') &&
      (tag === undefined || tag === '*' || isCount(tag)),
  );
}
