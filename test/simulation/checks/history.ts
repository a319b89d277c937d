/**
 * What clients asked and what they were told, as events in the order in which they happened. Times
 * are virtual and every written value is unique, so that a value names the write it came from.
 *
 *   ok    the answer is known; a failed condition is one, for it tells what stood there
 *   fail  refused: whatever it was, it was not applied and never will be
 *   info  nobody knows: it may be applied at any later moment, or never
 */
import type { Condition, Revision } from '../../../src/kv/store/types.js';

export type OperationKind = 'put' | 'delete' | 'get' | 'stale-get';

export interface Asked {
  readonly process: number;
  readonly kind: OperationKind;
  readonly key: string;
  /** Of a put. */
  readonly value?: string;
  /** Of a put or delete. */
  readonly condition?: Condition;
}

/** What the answer said, beside whether there was one. */
export interface Told {
  readonly node?: number;
  readonly shard?: number;
  /** The shard's, at the moment of the read or decision; a write's is its own. */
  readonly shardRevision?: Revision;
  readonly outcome?: 'created' | 'replaced' | 'deleted' | 'absent' | 'precondition-failed';
  /** Of a get, and of a failed condition: the revision of what stands there. */
  readonly revision?: Revision;
  /** Of a get that found something. */
  readonly value?: string;
  /** Of a stale get: the age that the answer admits. */
  readonly stalenessMs?: number;
  /** And by how much the clocks that this was measured with were slow meanwhile. */
  readonly clockErrorMs?: number;
  readonly error?: string;
}

export type HistoryEvent =
  | ({ readonly type: 'invoke'; readonly timeMs: number } & Asked)
  | ({ readonly type: 'ok' | 'fail' | 'info'; readonly timeMs: number } & {
      readonly process: number;
    } & Told);

/** One operation from its call to its answer. */
export interface Operation extends Asked {
  /** Counts calls; names the operation in explanations. */
  readonly number: number;
  readonly status: 'ok' | 'fail' | 'unknown';
  /** Position of the call among all events: one process writes them down, so this is its order. */
  readonly invokedAt: number;
  /** Of the answer. Infinity when the outcome is not known: it may take effect at any time. */
  readonly completedAt: number;
  readonly invokedMs: number;
  readonly completedMs: number;
  readonly told: Told;
  /** Of a write without an answer: the revision at which it took effect, if somebody knows. */
  readonly effectRevision?: Revision;
}

export class History {
  readonly events: HistoryEvent[] = [];

  invoke(timeMs: number, asked: Asked): void {
    this.events.push({ type: 'invoke', timeMs, ...asked });
  }

  complete(type: 'ok' | 'fail' | 'info', timeMs: number, process: number, told: Told = {}): void {
    this.events.push({ type, timeMs, process, ...told });
  }

  /** One JSON text per event. */
  lines(): string {
    return this.events.map((event) => `${JSON.stringify(event)}\n`).join('');
  }

  static parse(lines: string): History {
    const history = new History();
    for (const line of lines.split('\n')) {
      if (line !== '') history.events.push(JSON.parse(line) as HistoryEvent);
    }
    return history;
  }

  /** Calls with their answers, in the order of the calls. */
  operations(): Operation[] {
    const operations: Operation[] = [];
    const open = new Map<number, number>();
    for (const [position, event] of this.events.entries()) {
      if (event.type === 'invoke') {
        open.set(event.process, operations.length);
        operations.push(called(event, position, operations.length));
        continue;
      }
      const at = open.get(event.process);
      const operation = at === undefined ? undefined : operations[at];
      if (at === undefined || operation === undefined) {
        throw new Error(`process ${event.process} is answered and has not asked`);
      }
      open.delete(event.process);
      operations[at] = answered(operation, event, position);
    }
    return operations;
  }
}

function called(
  event: HistoryEvent & { type: 'invoke' },
  invokedAt: number,
  number: number,
): Operation {
  const { type: _, timeMs, ...asked } = event;
  return {
    ...asked,
    number,
    status: 'unknown',
    invokedAt,
    completedAt: Number.POSITIVE_INFINITY,
    invokedMs: timeMs,
    completedMs: Number.POSITIVE_INFINITY,
    told: {},
  };
}

function answered(operation: Operation, event: HistoryEvent, completedAt: number): Operation {
  if (event.type === 'invoke' || event.type === 'info') return operation;
  const { type: status, timeMs: completedMs, process: _, ...told } = event;
  return { ...operation, status, completedAt, completedMs, told };
}

/** One operation in words. */
export function tell(operation: Operation): string {
  const { kind, key, value, status, told, process, number, invokedMs, completedMs } = operation;
  const end = status === 'unknown' ? 'never answered' : `${round(completedMs)} ms`;
  const when = `#${number}, client ${process}, ${round(invokedMs)} ms to ${end}`;
  const condition = Object.entries(operation.condition ?? {}).map(([name, of]) => `${name} ${of}`);
  const asked = [kind, key, ...(value === undefined ? [] : [value]), ...condition].join(' ');
  return `${asked} -> ${answer(operation)}${revisions(told)} (${when})`;
}

function answer({ kind, status, told }: Operation): string {
  if (status !== 'ok') return status;
  if (kind === 'put' || kind === 'delete') return told.outcome ?? 'ok';
  const age = told.stalenessMs === undefined ? '' : `, at most ${told.stalenessMs} ms old`;
  return `${told.value ?? 'nothing'}${age}`;
}

function revisions({ revision, shardRevision, node }: Told): string {
  const parts = [
    ...(revision === undefined ? [] : [`revision ${revision}`]),
    ...(shardRevision === undefined ? [] : [`at shard revision ${shardRevision}`]),
    ...(node === undefined ? [] : [`by node ${node}`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
