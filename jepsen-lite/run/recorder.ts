/**
 * The history while it is made. One process writes it down, so the order of its lines is what
 * happened before what: a call before its request is written, an answer after it came whole. A
 * busy loop only makes operations look longer, which can hide a violation and never invents one.
 */
import type { EventType, HistoryEvent, Value } from '../history/event.js';
import type { Completion, Step } from '../workloads/workload.js';

/** What is done with each event as it comes, beside being kept. */
export type Listener = (event: HistoryEvent) => void;

export class Recorder {
  readonly events: HistoryEvent[] = [];
  readonly #startedMs = performance.now();
  readonly #listeners: Listener[];

  constructor(...listeners: Listener[]) {
    this.#listeners = listeners;
  }

  get nowNs(): number {
    return Math.round((performance.now() - this.#startedMs) * 1e6);
  }

  invoke(process: number, step: Step): void {
    const { f, key, value, condition, consistency } = step;
    this.#add({
      type: 'invoke',
      timeNs: this.nowNs,
      process,
      f,
      ...(key !== undefined && { key }),
      ...(value !== undefined && { value }),
      ...(condition !== undefined && Object.keys(condition).length > 0 && { condition }),
      ...(consistency !== undefined && { consistency }),
    });
  }

  /** `node` is who was asked, unless the answer says more. */
  complete(process: number, step: Step, completion: Completion, node: string): void {
    const { type, value, facts } = completion;
    const { f, key } = step;
    this.#add({
      type,
      timeNs: this.nowNs,
      process,
      f,
      ...(key !== undefined && { key }),
      ...(value !== undefined && type === 'ok' && { value }),
      ...{ node, ...facts },
    });
  }

  nemesis(type: EventType, f: string, value: Value): void {
    this.#add({ type, timeNs: this.nowNs, process: 'nemesis', f, value });
  }

  #add(event: HistoryEvent): void {
    this.events.push(event);
    for (const listen of this.#listeners) listen(event);
  }
}
