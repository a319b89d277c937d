/** Planted violations: a checker that has never found one proves nothing. */
import t from 'tap';
import { History, type Read, type Violation, type Write } from './history.js';

const place = { shard: 1, shardRevision: undefined, node: 1, key: 'k' };

function write(value: string | undefined, at: [number, number], change: Partial<Write>): Write {
  const times = { invokedMs: at[0], completedMs: at[1] };
  return {
    ...place,
    type: 'write',
    outcome: 'ok',
    revision: undefined,
    value,
    ...times,
    ...change,
  };
}

function read(value: string | undefined, at: [number, number], change: Partial<Read> = {}): Read {
  const times = { invokedMs: at[0], completedMs: at[1] };
  return {
    ...place,
    type: 'read',
    linearizable: true,
    revision: undefined,
    value,
    ...times,
    ...change,
  };
}

function rules(...events: (Read | Write)[]): Violation['rule'][] {
  const history = new History();
  for (const event of events) history.add(event);
  return history.violations().map(({ rule }) => rule);
}

const a = write('a', [0, 1], { revision: 5 });
const b = write('b', [2, 3], { revision: 7 });

t.test('takes what a linearizable store may answer', async (t) => {
  t.same(rules(a, b, read('b', [4, 5], { revision: 7 })), []);
  t.same(rules(read(undefined, [0, 1])), [], 'nothing was written');
  const during = { revision: 5 };
  t.same(rules(a, b, read('a', [2.5, 4], during)), [], 'the second write may come after the read');
  t.same(rules(a, b, read('b', [2.1, 2.5], { revision: 7 })), [], 'or before its own answer');
  const lateUnknown = write('u', [1, 2], { outcome: 'unknown' });
  t.same(rules(a, lateUnknown, b, read('u', [8, 9], { revision: 8 })), [], 'unknown may come late');
  t.same(rules(a, lateUnknown, b, read('b', [8, 9], { revision: 7 })), [], 'or never');
  t.same(
    rules(a, b, read('a', [8, 9], { revision: 5, linearizable: false })),
    [],
    'asked for stale',
  );
  const gone = write(undefined, [3, 4], { revision: 9 });
  t.same(rules(a, b, gone, read(undefined, [5, 6])), []);
  const maybeGone = write(undefined, [3, 4], { outcome: 'unknown' });
  t.same(rules(a, b, maybeGone, read(undefined, [5, 6])), []);
});

t.test('finds a lost write', async (t) => {
  t.same(rules(a, read(undefined, [2, 3])), ['lost-write']);
  t.same(rules(a, b, read('a', [4, 5], { revision: 5 })), ['stale-read']);
  const earlierDelete = write(undefined, [0, 1], { revision: 4 });
  t.same(rules(earlierDelete, a, read(undefined, [2, 3])), ['lost-write']);
  const laterDelete = write(undefined, [9, 10], { revision: 8 });
  t.same(rules(a, read(undefined, [2, 3]), laterDelete), ['lost-write']);
});

t.test('finds a stale read, also one that only another read exposes', async (t) => {
  const unknown = write('u', [1, 2], { outcome: 'unknown' });
  const seen = read('u', [3, 4], { revision: 6 });
  t.same(rules(a, unknown, seen, read('a', [5, 6], { revision: 5 })), ['stale-read']);
});

t.test('finds a refused write that appeared, in stale reads too', async (t) => {
  const refused = write('r', [1, 2], { outcome: 'not_applied' });
  t.same(rules(a, refused, read('r', [3, 4], { revision: 6 })), ['refused-write-appeared']);
  const stale = read('r', [3, 4], { revision: 6, linearizable: false });
  t.same(rules(a, refused, stale), ['refused-write-appeared']);
});

t.test('finds values nobody wrote, or not yet', async (t) => {
  t.same(rules(a, read('x', [3, 4], { revision: 6 })), ['garbage']);
  t.same(rules(read('a', [-2, -1], { revision: 5 }), a), ['garbage', 'revision-went-back']);
});

t.test('finds revisions that do not rise', async (t) => {
  t.same(rules(a, write('b', [2, 3], { revision: 4 })), ['revision-went-back']);
  const twin = write('b', [0, 1], { revision: 5 });
  t.same(rules(a, twin), ['two-values-of-one-revision']);
});

t.test('finds a shard whose revision goes back between keys', async (t) => {
  const other = { key: 'other', shardRevision: 3 };
  const first = write('a', [0, 1], { revision: 5, shardRevision: 5 });
  t.same(rules(first, read(undefined, [2, 3], other)), ['shard-revision-went-back']);
  t.same(rules(first, read(undefined, [2, 3], { ...other, shard: 2 })), [], 'another shard');
  t.same(rules(first, read(undefined, [0.5, 3], other)), [], 'at the same time');
});
