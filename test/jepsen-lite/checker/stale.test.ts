/** Stale reads of a store whose copies are behind, and say by how much: or lie. */
import t from 'tap';
import { defaultLimits } from '../../../jepsen-lite/checker/limits.js';
import { checkStale } from '../../../jepsen-lite/checker/stale.js';
import type { AnswerFacts, HistoryEvent, Value } from '../../../jepsen-lite/history/event.js';
import { toJsonLine } from '../../../jepsen-lite/history/json-lines.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';
import { randomFrom } from './random-histories.js';

interface Version {
  readonly revision: number;
  readonly value: string | null;
  readonly atMs: number;
}

interface Store {
  readonly seed: number;
  readonly revisions: boolean;
  readonly lie?: 'age' | 'other-value' | 'late-write' | 'future';
}

const keys = ['a', 'b', 'c'];

/**
 * Clients that overlap, writing keys of one shard and reading copies that are up to 40 ms behind.
 * The clock ticks once per event, so an answer is some ticks older than the state it shows.
 */
function historyOf({ seed, revisions, lie }: Store): HistoryEvent[] {
  const random = randomFrom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const events: HistoryEvent[] = [];
  const versions = new Map(keys.map((key): [string, Version[]] => [key, []]));
  let [nowMs, revision] = [0, 0];
  const record = (event: Omit<HistoryEvent, 'timeNs'>) => {
    nowMs += 1;
    events.push({ ...event, timeNs: nowMs * 1e6 });
  };
  type Answer = () => Omit<HistoryEvent, 'timeNs' | 'process'>;
  const open = new Map<number, { readonly f: string; effect?: Answer; answer?: Answer }>();
  const write = (f: string, key: string, value: string | null): Answer => {
    nowMs += 1;
    const before = versions.get(key)?.at(-1)?.value ?? null;
    const told = { type: 'ok', f, key } as const;
    const shardRevision = revision + 1;
    if (value === null && before === null) return () => ({ ...told, outcome: 'absent' });
    const late = lie === 'late-write' && random() < 0.2 ? 30 : 0;
    revision = shardRevision;
    versions.get(key)?.push({ revision, value, atMs: nowMs + late });
    const outcome = value === null ? 'deleted' : before === null ? 'created' : 'replaced';
    return () => ({ ...told, outcome, ...(revisions && { shardRevision }) });
  };
  const read = (key: string): Answer => {
    const admittedMs = below(40);
    const asOfMs = nowMs - admittedMs - (lie === 'age' && random() < 0.3 ? 60 : 0);
    const known = (of: string) => (versions.get(of) ?? []).filter(({ atMs }) => atMs <= asOfMs);
    const found = known(key).at(-1);
    const shardRevision = Math.max(
      0,
      ...keys.flatMap((of) => known(of).map((one) => one.revision)),
    );
    const other =
      lie === 'other-value' && random() < 0.2 ? versions.get(key)?.[0]?.value : undefined;
    const future = lie === 'future' && random() < 0.1 ? 'v999' : undefined;
    const value: Value = future ?? other ?? found?.value ?? null;
    const facts: AnswerFacts = revisions
      ? { shardRevision, ...(found?.value != null && { revision: found.revision }) }
      : {};
    const stalenessAt = nowMs - admittedMs;
    return () => ({
      ...{ type: 'ok', f: 'get', key, value, ...facts },
      stalenessMs: nowMs + 1 - stalenessAt,
    });
  };
  for (let asked = 0; asked < 300 || open.size > 0; ) {
    const process = below(5);
    const call = open.get(process);
    if (call === undefined) {
      if (asked === 300) continue;
      asked += 1;
      const key = keys[below(3)] ?? 'a';
      const draw = random();
      const f = draw < 0.5 ? 'get' : draw < 0.9 ? 'put' : 'delete';
      const value = f === 'put' ? `v${asked}` : null;
      record({
        ...{ type: 'invoke', process, f, key },
        ...(f === 'put' && { value }),
        ...(f === 'get' && { consistency: 'stale' }),
      });
      open.set(process, {
        f,
        effect: f === 'get' ? () => read(key)() : () => write(f, key, value)(),
      });
    } else if (random() < 0.05) {
      open.delete(process);
      if (random() < 0.5) call.effect?.();
      record({ type: 'info', process, f: call.f });
    } else {
      open.delete(process);
      const answer = call.effect?.();
      if (answer !== undefined) record({ ...answer, process });
    }
  }
  return events;
}

function verdictOf(store: Store) {
  const events = historyOf(store);
  return { ...checkStale(events, pair(events), defaultLimits), lines: events.map(toJsonLine) };
}

for (const revisions of [true, false]) {
  const way = revisions ? 'by revisions' : 'by time alone';
  t.test(`${way}: copies that say how old they are`, async (t) => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const { validity, explanation, lines } = verdictOf({ seed, revisions });
      if (validity !== 'valid') return t.fail(`seed ${seed}: ${explanation}\n${lines.join('')}`);
    }
  });
  for (const lie of ['age', 'other-value', 'late-write', 'future'] as const) {
    t.test(`${way}: ${lie} is found`, async (t) => {
      let caught = 0;
      for (let seed = 1; seed <= 20; seed += 1) {
        if (verdictOf({ seed, revisions, lie }).validity === 'invalid') caught += 1;
      }
      t.equal(caught, 20);
    });
  }
}

t.test('without stale reads nothing was tested', async (t) => {
  const events: HistoryEvent[] = [
    { type: 'invoke', process: 1, f: 'put', key: 'a', value: 'x', timeNs: 0 },
    { type: 'ok', process: 1, f: 'put', key: 'a', timeNs: 1 },
  ];
  const { validity, explanation } = checkStale(events, pair(events), defaultLimits);
  t.equal(validity, 'unknown');
  t.equal(explanation, 'there is no stale read');
});

/** Writes with revisions 1, 2 ... of one shard a second apart, then a stale read that says this. */
function afterWrites(writes: readonly (readonly [string, string])[], says: Partial<HistoryEvent>) {
  const of = { process: 1, shard: 1 };
  const events = writes.flatMap(([key, value], at): HistoryEvent[] => [
    { ...of, type: 'invoke', f: 'put', key, value, timeNs: at * 1e9 },
    { ...of, type: 'ok', f: 'put', key, shardRevision: at + 1, timeNs: at * 1e9 + 1e6 },
  ]);
  const read = { ...of, f: 'get', key: 'a' };
  events.push(
    { ...read, type: 'invoke', consistency: 'stale', timeNs: 10e9 },
    { ...read, type: 'ok', timeNs: 10e9 + 1e6, ...says },
  );
  return checkStale(events, pair(events), defaultLimits);
}

t.test('a write of another key shows that the copy is older than it says', async (t) => {
  const says = { value: 'x', revision: 1, shardRevision: 1 };
  const writes = [['a', 'x'] as const, ['b', 'y'] as const];
  t.equal(afterWrites(writes, { ...says, stalenessMs: 9_500 }).validity, 'valid');
  const { validity, explanation } = afterWrites(writes, { ...says, stalenessMs: 2_000 });
  t.equal(validity, 'invalid');
  t.match(explanation, /is of a state before put b y/);
});

t.test('an answer that was long on its way is as old as it says, and the way', async (t) => {
  const writes = [['a', 'x'] as const, ['a', 'y'] as const];
  const late = { value: 'x', revision: 1, shardRevision: 1, stalenessMs: 9_000, timeNs: 90e9 };
  t.equal(afterWrites(writes, late).validity, 'valid', 'made when it was asked for, at worst');
  const lies = { ...late, stalenessMs: 8_500 };
  t.equal(afterWrites(writes, lies).validity, 'invalid');
  const known = afterWrites(writes, { ...late, servedNs: 90e9 });
  t.equal(known.validity, 'invalid', 'where it is known when it was made');
});

t.test('what is shown stood there at the revision of the shard', async (t) => {
  const writes = [['a', 'x'] as const, ['a', 'y'] as const];
  const old = { value: 'x', revision: 1, shardRevision: 1 };
  t.equal(afterWrites(writes, old).validity, 'valid');
  const torn = afterWrites(writes, { ...old, shardRevision: 2 });
  t.match(torn.explanation, /but at that revision stood put a y/);
  const swapped = afterWrites(writes, { value: 'x', revision: 2, shardRevision: 2 });
  t.match(swapped.explanation, /but at that revision stood put a y/);
  const gone = afterWrites(writes, { value: null, shardRevision: 2 });
  t.match(gone.explanation, /but at that revision stood put a y/);
  const ahead = afterWrites(writes, { value: 'y', revision: 2, shardRevision: 1 });
  t.match(ahead.explanation, /has not come to that revision/);
});
