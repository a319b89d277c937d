/**
 * What clients did to a cluster and what they were told, and whether a linearizable store could
 * have told it. Every written value is unique, and every answer carries a revision, so the check
 * needs no search: within one key revisions order everything.
 */
import type { Outcome } from './http-client.js';

interface Operation {
  readonly key: string;
  /** One monotonic clock: before the request was written, and after the whole answer came. */
  readonly invokedMs: number;
  readonly completedMs: number;
  /** Of the shard, where the answer said so. */
  readonly shard: number | undefined;
  readonly shardRevision: number | undefined;
  /** Which node was asked, for the message. */
  readonly node: number;
}

export interface Write extends Operation {
  readonly type: 'write';
  /** Undefined for a delete. */
  readonly value: string | undefined;
  readonly outcome: Outcome;
  /** Of the key after an `ok`; of a delete, the shard's. */
  readonly revision: number | undefined;
}

export interface Read extends Operation {
  readonly type: 'read';
  readonly linearizable: boolean;
  /** Undefined when the key was absent. */
  readonly value: string | undefined;
  /** Undefined when the key was absent. */
  readonly revision: number | undefined;
}

export type Event = Write | Read;

export interface Violation {
  readonly rule:
    | 'garbage'
    | 'refused-write-appeared'
    | 'stale-read'
    | 'lost-write'
    | 'revision-went-back'
    | 'two-values-of-one-revision'
    | 'shard-revision-went-back';
  readonly message: string;
}

export class History {
  readonly events: Event[] = [];

  add(event: Event): void {
    this.events.push(event);
  }

  get writes(): readonly Write[] {
    return this.events.filter((event) => event.type === 'write');
  }

  get reads(): readonly Read[] {
    return this.events.filter((event) => event.type === 'read');
  }

  count(outcome: Outcome): number {
    return this.writes.filter((write) => write.outcome === outcome).length;
  }

  keys(): string[] {
    return [...new Set(this.events.map((event) => event.key))];
  }

  /** Everything no linearizable store could have answered; empty when all is well. */
  violations(): Violation[] {
    const perKey = groupBy(this.events, (event) => event.key);
    const perShard = groupBy(this.events, (event) => event.shard);
    return [
      ...[...perKey.values()].flatMap(keyViolations),
      ...[...perShard].flatMap(([shard, events]) =>
        shard === undefined ? [] : shardViolations(shard, events),
      ),
    ];
  }
}

function keyViolations(events: readonly Event[]): Violation[] {
  return [...valueViolations(events), ...revisionConflicts(events), ...orderViolations(events)];
}

/** What was read must have been written, before the read ended, and not have been refused. */
function valueViolations(events: readonly Event[]): Violation[] {
  const writes = new Map<string, Write>();
  for (const event of events) {
    if (event.type === 'write' && event.value !== undefined) writes.set(event.value, event);
  }
  return events.flatMap((event): Violation[] => {
    if (event.type === 'write' || event.value === undefined) return [];
    const write = writes.get(event.value);
    if (write === undefined || write.invokedMs > event.completedMs) {
      return [{ rule: 'garbage', message: `${tell(event)}, which nobody had written` }];
    }
    if (write.outcome === 'not_applied') {
      const message = `${tell(event)}, but node ${write.node} had said that it is not applied`;
      return [{ rule: 'refused-write-appeared', message }];
    }
    return [];
  });
}

/** One revision of one key is one value, whoever tells of it. */
function revisionConflicts(events: readonly Event[]): Violation[] {
  const values = new Map<number, Event>();
  return events.flatMap((event): Violation[] => {
    const isOk = event.type === 'read' || event.outcome === 'ok';
    if (!isOk || event.revision === undefined || event.value === undefined) return [];
    const other = values.get(event.revision);
    values.set(event.revision, other ?? event);
    if (other === undefined || other.value === event.value) return [];
    const message = `${tell(event)} and ${tell(other)} under one revision`;
    return [{ rule: 'two-values-of-one-revision', message }];
  });
}

/**
 * Walks through the events in time. The floor is the greatest revision anybody was told of; what
 * begins afterwards must not see less, and a write must get more.
 */
function orderViolations(events: readonly Event[]): Violation[] {
  const violations: Violation[] = [];
  const floors = new Map<Event, Event | undefined>();
  let floor: Event | undefined;
  for (const { event, begins } of inTime(events)) {
    if (begins) {
      floors.set(event, floor);
      continue;
    }
    const before = floors.get(event);
    violations.push(...belowFloor(event, before, events));
    if (tellsRevision(event) && (floor === undefined || revisionOf(event) > revisionOf(floor))) {
      floor = event;
    }
  }
  return violations;
}

function belowFloor(event: Event, floor: Event | undefined, events: readonly Event[]): Violation[] {
  if (floor === undefined) return [];
  const because = `although before that ${tell(floor)}`;
  if (event.type === 'write') {
    // A delete of nothing changes nothing and gets no revision of its own.
    const goesBack =
      event.outcome === 'ok' &&
      event.value !== undefined &&
      event.revision !== undefined &&
      event.revision <= revisionOf(floor);
    return goesBack ? [{ rule: 'revision-went-back', message: `${tell(event)}, ${because}` }] : [];
  }
  if (!event.linearizable) return [];
  if (event.value === undefined) {
    return floor.value === undefined || mayBeDeleted(event, floor, events)
      ? []
      : [{ rule: 'lost-write', message: `${tell(event)}, ${because}` }];
  }
  return revisionOf(event) < revisionOf(floor)
    ? [{ rule: 'stale-read', message: `${tell(event)}, ${because}` }]
    : [];
}

/** Whether a delete after the floor may explain that a read found nothing. */
function mayBeDeleted(read: Read, floor: Event, events: readonly Event[]): boolean {
  return events.some(
    (event) =>
      event.type === 'write' &&
      event.value === undefined &&
      event.invokedMs <= read.completedMs &&
      (event.outcome === 'unknown' ||
        (event.outcome === 'ok' && (event.revision ?? 0) > revisionOf(floor))),
  );
}

/** The shard's revision, as far as answers tell it, does not go back from one to a later one. */
function shardViolations(shard: number, events: readonly Event[]): Violation[] {
  const violations: Violation[] = [];
  const floors = new Map<Event, number>();
  let floor = 0;
  for (const { event, begins } of inTime(events.filter(isFresh))) {
    if (begins) {
      floors.set(event, floor);
      continue;
    }
    const revision = event.shardRevision ?? 0;
    const before = floors.get(event) ?? 0;
    if (revision < before) {
      const where = `at revision ${revision} of shard ${shard}`;
      const message = `${tell(event)} ${where}, seen before: ${before}`;
      violations.push({ rule: 'shard-revision-went-back', message });
    }
    floor = Math.max(floor, revision);
  }
  return violations;
}

function isFresh(event: Event): boolean {
  if (event.shardRevision === undefined) return false;
  return event.type === 'read' ? event.linearizable : event.outcome === 'ok';
}

function tellsRevision(event: Event): boolean {
  if (event.revision === undefined) return false;
  return event.type === 'read' || event.outcome === 'ok';
}

function revisionOf(event: Event): number {
  return event.revision ?? 0;
}

/** Beginnings and ends of all events; at one moment beginnings first, which forgives more. */
function inTime(events: readonly Event[]): { event: Event; begins: boolean; atMs: number }[] {
  return events
    .flatMap((event) => [
      { event, begins: true, atMs: event.invokedMs },
      { event, begins: false, atMs: event.completedMs },
    ])
    .sort((a, b) => a.atMs - b.atMs || Number(b.begins) - Number(a.begins));
}

function tell(event: Event): string {
  const at = `${event.invokedMs.toFixed(1)}-${event.completedMs.toFixed(1)} ms, node ${event.node}`;
  const what = `${event.value ?? 'nothing'} (revision ${event.revision ?? 'none'}, ${at})`;
  if (event.type === 'read') return `a read of ${event.key} found ${what}`;
  return `a write (${event.outcome}) put into ${event.key} ${what}`;
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
