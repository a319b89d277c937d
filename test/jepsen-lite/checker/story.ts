/** Histories told as stories, for tests that need a certain one. */
import type {
  AnswerFacts,
  EventType,
  HistoryEvent,
  Value,
} from '../../../jepsen-lite/history/event.js';
import type { Operation } from '../../../jepsen-lite/history/operation.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';

/** Writes a history as a story: `call` begins, the other words end it. Time goes on by itself. */
export class Story {
  readonly events: HistoryEvent[] = [];
  readonly #asked = new Map<number, HistoryEvent>();
  #timeMs = 0;

  /** `stale-get`: a get that may be answered from an old state. */
  call(process: number, f: string, value?: Value, condition = {}): this {
    const isStale = f === 'stale-get';
    const event: HistoryEvent = {
      ...{ type: 'invoke', process, timeNs: ++this.#timeMs * 1e6, key: 'k', condition },
      f: isStale ? 'get' : f,
      ...(isStale && { consistency: 'stale' }),
      ...(value !== undefined && { value }),
    };
    this.#asked.set(process, event);
    this.events.push(event);
    return this;
  }

  operations(): Operation[] {
    return pair(this.events);
  }

  wrote(
    process: number,
    shardRevision: number,
    outcome: AnswerFacts['outcome'] = 'replaced',
  ): this {
    return this.#end('ok', process, { shardRevision, outcome });
  }

  /** A condition that failed; without a revision nothing was there. */
  refused(process: number, shardRevision: number, revision = 0): this {
    return this.#end('ok', process, { shardRevision, outcome: 'precondition-failed', revision });
  }

  /** An answer that tells no revisions. */
  answered(process: number, value: Value = null): this {
    return this.#end('ok', process, { value });
  }

  /** `found`: value and its revision; without it nothing was there. */
  read(
    process: number,
    shardRevision: number,
    found?: [string, number],
    stalenessMs?: number,
    clockErrorMs = 0,
  ): this {
    return this.#end('ok', process, {
      shardRevision,
      value: found?.[0] ?? null,
      ...(found !== undefined && { revision: found[1] }),
      ...(stalenessMs !== undefined && { stalenessMs, clockErrorMs }),
    });
  }

  failed(process: number): this {
    return this.#end('fail', process, {});
  }

  lost(process: number): this {
    return this.#end('info', process, {});
  }

  wait(ms: number): this {
    this.#timeMs += ms;
    return this;
  }

  #end(type: EventType, process: number, answer: Partial<HistoryEvent>): this {
    const f = this.#asked.get(process)?.f ?? '';
    const timeNs = ++this.#timeMs * 1e6;
    const place = { shard: 1, node: '1', key: 'k' };
    this.events.push({ ...place, ...answer, type, process, f, timeNs });
    return this;
  }
}

export function story(): Story {
  return new Story();
}

/** One write after another, by one client. */
export function put(story: Story, value: string, revision: number): Story {
  const outcome = revision === 1 ? 'created' : 'replaced';
  return story.call(1, 'put', value).wrote(1, revision, outcome);
}
