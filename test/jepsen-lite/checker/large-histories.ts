/** Long histories for measuring, with lies that only a look at the whole can find. */
import type { HistoryEvent, Value } from '../../../jepsen-lite/history/event.js';
import { falsified, type Random, RandomCell, type Shape } from './random-histories.js';

/**
 * Seven tenths into the history a read finds what stood there before the last write that was over
 * when it began: a lost update of one moment.
 */
export function withStaleRead(events: readonly HistoryEvent[]): HistoryEvent[] {
  const from = Math.floor(events.length * 0.7);
  const began = new Map<number | string, number>();
  const lied = [...events];
  const seen: { value: Value; at: number }[] = [];
  for (const [at, event] of events.entries()) {
    const isRead = event.f === 'read' || event.f === 'get';
    if (event.type === 'invoke') began.set(event.process, at);
    if (event.type !== 'ok' || !isRead) continue;
    const start = began.get(event.process) ?? at;
    const value = event.value ?? null;
    // Both values were found by others: the later one before this read began.
    const later = seen.findLast((other) => other.at < start);
    const earlier = seen.findLast(
      (other) => other.at < start - 60 && other.value !== null && other.value !== later?.value,
    );
    const isPlace = at >= from && earlier !== undefined && earlier.value !== value;
    if (isPlace) {
      const { revision: _, ...rest } = event;
      lied[at] = { ...rest, value: earlier.value };
      return lied;
    }
    seen.push({ value, at });
  }
  throw new Error('the history has no place for a lie');
}

/** Some reads find what others wrote; where values are few, one lie alone is often possible. */
export function withManyLies(events: readonly HistoryEvent[], random: Random): HistoryEvent[] {
  let lied = [...events];
  for (let lies = 0; lies < 8; lies += 1) lied = falsified(lied, random);
  return lied;
}

/** The histories of several keys at once; the events of each stay in order. */
export function interleaved(of: {
  readonly keys: number;
  /** How many of them get a lie. */
  readonly planted: number;
  readonly shape: Shape;
  readonly random: Random;
}): HistoryEvent[] {
  const { shape, random } = of;
  const histories = Array.from({ length: of.keys }, (_, key) => {
    const events = new RandomCell(random, { ...shape, key: `k${key}` }).run();
    const told = key < of.planted ? withStaleRead(events) : events;
    // A client has one operation at a time, over all keys.
    return told.map((event) => ({
      ...event,
      process: event.process === 'nemesis' ? event.process : event.process + key * shape.clients,
    }));
  });
  const all: HistoryEvent[] = [];
  const next = histories.map(() => 0);
  for (let left = histories.length; left > 0; ) {
    const key = Math.floor(random() * histories.length);
    const event = histories[key]?.[next[key] ?? 0];
    if (event === undefined) continue;
    all.push({ ...event, timeNs: all.length * 1_000 });
    next[key] = (next[key] ?? 0) + 1;
    if (next[key] === histories[key]?.length) left -= 1;
  }
  return all;
}
