/**
 * Jepsen's own histories: a map per event, one after the other or all in one vector,
 *
 *   {:process 6, :type :info, :f :cas, :value [2 3]}
 *
 * with `:key` where there are several, or `:value [key value]` tagged as an independent tuple.
 */
import { type Edn, parseEdn } from './edn.js';
import type { HistoryEvent, Value, ValueObject } from './event.js';
import { HistoryError } from './history-error.js';
import { isEventType } from './json-lines.js';
import type { PlacedEvent } from './placed-event.js';

export function parseJepsenEdn(text: string): PlacedEvent[] {
  return parseEdn(text).flatMap(({ form, line }) => {
    const maps = form.kind === 'sequence' ? form.items : [form];
    return maps.map((map) => ({ event: toEvent(map, line), line }));
  });
}

function toEvent(form: Edn, line: number): HistoryEvent {
  if (form.kind !== 'map') throw new HistoryError(`an event is a map, not a ${form.kind}`, line);
  const fields = new Map(form.entries.map(([name, value]) => [nameOf(name), value]));
  const type = nameOf(fields.get('type'));
  if (!isEventType(type)) {
    throw new HistoryError(`:type is :invoke, :ok, :fail or :info, not ${show(type)}`, line);
  }
  const f = nameOf(fields.get('f'));
  if (f === undefined) throw new HistoryError('an event without :f', line);
  const time = fields.get('time');
  return {
    type,
    process: processOf(fields.get('process'), line),
    f,
    timeNs: time?.kind === 'number' ? time.value : 0,
    ...keyAndValue(fields),
    ...errorOf(fields),
  };
}

function processOf(form: Edn | undefined, line: number): number | 'nemesis' {
  if (form?.kind === 'number' && Number.isInteger(form.value)) return form.value;
  if (nameOf(form) === 'nemesis') return 'nemesis';
  throw new HistoryError(`:process is a number or :nemesis, not ${show(nameOf(form))}`, line);
}

function keyAndValue(fields: ReadonlyMap<string | undefined, Edn>): {
  key?: string;
  value?: Value;
} {
  const value = fields.get('value');
  const key = fields.get('key');
  if (key !== undefined && key.kind !== 'nil') {
    return { key: keyText(key), ...(value !== undefined && { value: toValue(value) }) };
  }
  if (value === undefined) return {};
  if (value.kind !== 'sequence' || !value.tag?.endsWith('Tuple')) return { value: toValue(value) };
  const [first, second] = value.items;
  return {
    ...(first !== undefined && { key: keyText(first) }),
    value: second === undefined ? null : toValue(second),
  };
}

function errorOf(fields: ReadonlyMap<string | undefined, Edn>): { error?: string } {
  const error = fields.get('error');
  return error === undefined || error.kind === 'nil' ? {} : { error: keyText(error) };
}

function keyText(form: Edn): string {
  const value = toValue(form);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Keywords and symbols become texts. */
export function toValue(form: Edn): Value {
  switch (form.kind) {
    case 'nil':
      return null;
    case 'sequence':
      return form.items.map(toValue);
    case 'map': {
      const object: Record<string, Value> = {};
      for (const [name, value] of form.entries) object[keyText(name)] = toValue(value);
      return object satisfies ValueObject;
    }
    default:
      return form.value;
  }
}

function nameOf(form: Edn | undefined): string | undefined {
  return form?.kind === 'keyword' || form?.kind === 'text' || form?.kind === 'symbol'
    ? form.value
    : undefined;
}

function show(name: string | undefined): string {
  return name === undefined ? 'something else' : `:${name}`;
}
