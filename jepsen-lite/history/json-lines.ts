/** The project's own format: one event per line, as JSON. Every line is checked when it is read. */
import type { EventType, HistoryEvent, RevisionCondition } from './event.js';
import { HistoryError } from './history-error.js';
import type { PlacedEvent } from './placed-event.js';

export function toJsonLine(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** Empty lines are skipped. */
export function parseJsonLines(text: string): PlacedEvent[] {
  const placed: PlacedEvent[] = [];
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    placed.push({ event: parseLine(line, at + 1), line: at + 1 });
  }
  return placed;
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
