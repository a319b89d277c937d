import t from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import { GroupLog, NO_SEGMENT } from '../../../src/raft/wal/group-log.js';

const configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 100,
};

function create(index = 0, term = 0) {
  const alive = new Map<number, number>();
  const add = (segment: number, by: number) => alive.set(segment, (alive.get(segment) ?? 0) + by);
  const mark = { index, term, configuration };
  const birth = { group: 1, replica: 1, mark, hardState: { term: 0, vote: 0, commit: 0 } };
  const log = new GroupLog(birth, {
    used: (segment) => add(segment, 1),
    freed: (segment) => add(segment, -1),
  });
  return { log, alive };
}

const mark = (index: number, term: number) => ({ index, term, configuration });

t.test('R2: appending discards what stood there and above', async (t) => {
  const { log, alive } = create();
  for (let index = 1; index <= 5; index++) log.append(index, 1, 1, index * 100, 10);
  log.append(3, 2, 2, 50, 7);
  t.equal(log.lastIndex, 3);
  t.equal(log.tailBytes, 27);
  t.same([log.termAt(2), log.termAt(3), log.termAt(4)], [1, 2, undefined]);
  t.same([log.segmentOf(3), log.offsetOf(3), log.bytesOf(3)], [2, 50, 7]);
  t.same(
    [...alive],
    [
      [1, 2],
      [2, 1],
    ],
  );
  t.throws(() => log.append(5, 2, 2, 0, 1), InvariantViolation, 'a gap');
});

t.test('C13: truncation is a property of the record, below the mark too', async (t) => {
  const { log, alive } = create(4, 1);
  for (let index = 5; index <= 8; index++) log.append(index, 1, 1, 0, 10);
  // A replayed entry of a newer term, at an index that the mark covers already.
  log.append(4, 2, 2, 0, 10);
  t.equal(log.lastIndex, 4, 'the ghosts 5 to 8 of term 1 are gone');
  t.same([...alive], [[1, 0]]);
  log.append(5, 2, 2, 0, 10);
  t.equal(log.termAt(5), 2);
});

t.test('compaction keeps what follows', async (t) => {
  const { log } = create();
  for (let index = 1; index <= 6; index++) log.append(index, index < 4 ? 1 : 2, 1, 0, 10);
  log.compact(mark(2, 1));
  t.same([log.mark.index, log.lastIndex, log.tailBytes], [2, 6, 40]);
  t.same(log.terms, [
    { from: 3, term: 1 },
    { from: 4, term: 2 },
  ]);
  log.compact(mark(1, 1));
  t.equal(log.mark.index, 2, 'never back');
  t.throws(() => log.compact(mark(4, 7)), InvariantViolation, 'another entry stands there');
  t.throws(() => log.compact(mark(7, 2)), InvariantViolation, 'beyond the end');
  log.compact(mark(6, 2));
  t.same([log.mark.index, log.lastIndex, log.terms], [6, 6, []]);
});

/** Entries 1 to 3 of term 1 and 4 to 6 of term 2; configurations in 2 and 5. */
function withConfigurations() {
  const parts = create();
  const { log } = parts;
  for (let index = 1; index <= 6; index++) log.append(index, index < 4 ? 1 : 2, 1, 0, 10);
  log.configure(2, 1, configuration);
  log.configure(5, 2, configuration);
  return { ...parts, at: () => log.configurations.map(({ index }) => index) };
}

t.test('D1: what follows a snapshot stays when the log holds its mark', async (t) => {
  const { log, alive, at } = withConfigurations();
  log.restore(mark(3, 1));
  t.same([log.mark.index, log.lastIndex, log.tailBytes], [3, 6, 30]);
  t.same(log.terms, [{ from: 4, term: 2 }]);
  t.same(at(), [5]);
  log.restore(mark(3, 1));
  log.restore(mark(2, 1));
  t.same([log.mark.index, log.lastIndex], [3, 6], 'a mark that was passed changes nothing');
  log.append(7, 2, 2, 0, 10);
  t.same(
    [...alive],
    [
      [1, 3],
      [2, 1],
    ],
  );
});

t.test('D2, C13: a snapshot that the log does not hold leaves nothing of it', async (t) => {
  for (const next of [mark(3, 2), mark(5, 7), mark(6, 3), mark(7, 2), mark(100, 9)]) {
    const { log, alive, at } = withConfigurations();
    log.restore(next);
    t.same([log.mark, log.lastIndex, log.tailBytes], [next, next.index, 0]);
    t.same([log.terms, at()], [[], []]);
    t.equal(log.termAt(next.index), next.term);
    t.same([...alive], [[1, 0]]);
    log.append(next.index + 1, next.term, 2, 0, 10);
    t.same(log.terms, [{ from: next.index + 1, term: next.term }], 'and the log goes on behind it');
  }
});

t.test('configurations go with their entries, and come back with carried ones', async (t) => {
  const { log, at } = withConfigurations();
  t.same(at(), [2, 5]);
  log.append(5, 3, 1, 0, 10);
  t.same(at(), [2], 'truncated');
  log.configure(5, 2, configuration);
  t.same(at(), [2], 'of an entry that is not the live one');
  log.configure(5, 3, configuration);
  log.compact(mark(2, 1));
  t.same(at(), [5], 'compacted: the mark has it');
  log.configure(2, 1, configuration);
  t.same(at(), [5]);

  // The table promises entries; they are met in any order.
  const found = create(10, 1).log;
  found.expectEntries({ ...found.describe(), lastIndex: 14, terms: [{ from: 11, term: 1 }] });
  for (const index of [14, 12, 12]) {
    found.relocate(index, 1, 3, 0, 10);
    found.configure(index, 1, configuration);
  }
  t.same(
    found.configurations.map(({ index }) => index),
    [12, 14],
  );
});

t.test('a carried copy takes the place of the live entry only', async (t) => {
  const { log, alive } = create();
  for (let index = 1; index <= 3; index++) log.append(index, 1, 1, 0, 10);
  log.relocate(2, 1, 5, 64, 10);
  log.relocate(3, 9, 5, 96, 10);
  log.relocate(4, 1, 5, 128, 10);
  t.same(
    [1, 2, 3].map((index) => log.segmentOf(index)),
    [1, 5, 1],
  );
  t.equal(log.lastIndex, 3);
  t.equal(log.tailBytes, 30);
  t.same(
    [...alive],
    [
      [1, 2],
      [5, 1],
    ],
  );
});

t.test('entries expected from a table are missing until they are found', async (t) => {
  const { log } = create(10, 1);
  const table = { ...log.describe(), lastIndex: 13, terms: [{ from: 11, term: 1 }] };
  log.expectEntries(table);
  t.equal(log.firstMissing(), 11);
  t.equal(log.segmentOf(12), NO_SEGMENT);
  log.relocate(12, 1, 3, 0, 10);
  log.append(13, 2, 3, 0, 10);
  t.equal(log.firstMissing(), 11);
  log.compact(mark(11, 1));
  t.equal(log.firstMissing(), undefined);
  t.equal(log.tailBytes, 20);
});

t.test('a long life of appends and compactions keeps the arrays small', async (t) => {
  const { log, alive } = create();
  for (let index = 1; index <= 20000; index++) {
    log.append(index, 1, 1, index, 1);
    if (index % 10 === 0) log.compact(mark(index - 5, 1));
  }
  t.equal(log.offsetOf(19998), 19998);
  t.equal(alive.get(1), log.lastIndex - log.mark.index);
  log.clear();
  t.equal(alive.get(1), 0);
});
