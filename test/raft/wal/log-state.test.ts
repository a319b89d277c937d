import t from 'tap';
import { encodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import type { Entry, HardState } from '../../../src/raft/core/types.js';
import { FRAME_HEADER_BYTES, FrameKind } from '../../../src/raft/wal/frame.js';
import { FrameWriter } from '../../../src/raft/wal/frame-writer.js';
import { LogState, missingEntry } from '../../../src/raft/wal/log-state.js';
import { MalformedRecord } from '../../../src/raft/wal/record.js';
import { Segment } from '../../../src/raft/wal/segment-list.js';
import { SimulatedDisk } from '../../simulation/simulated-disk.js';

const configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 100,
};
const mark = (index: number, term: number) => ({ index, term, configuration });
const hardState: HardState = { term: 1, vote: 1, commit: 0 };
const birth = { group: 1, replica: 1, mark: mark(0, 0), hardState };
const entry = (index: number, term: number): Entry => ({
  index,
  term,
  kind: 1,
  data: Buffer.from(`${index}/${term}`),
});

/** Applies frames one after the other, as recovery does. */
async function replayer() {
  const state = new LogState();
  const file = await new SimulatedDisk().open('d/1', 'create');
  let segment: Segment | undefined;
  let fileOffset = 4096;
  return {
    state,
    apply(kind: FrameKind, fill: (writer: FrameWriter) => void) {
      if (kind === FrameKind.first) {
        segment = new Segment({ id: (segment?.id ?? 0) + 1, capacityBytes: 65536, salt: 1 }, file);
        state.segments.push(segment);
      }
      if (segment === undefined) throw new Error('the test begins with a first frame');
      const writer = new FrameWriter(4096);
      writer.begin();
      fill(writer);
      const { view, length } = writer;
      fileOffset += FRAME_HEADER_BYTES;
      state.apply({ view, start: FRAME_HEADER_BYTES, end: length, kind, segment, fileOffset });
      fileOffset += length;
    },
  };
}

t.test('C13: an overwriting entry truncates although a mark covers it: no ghosts', async (t) => {
  const { state, apply } = await replayer();
  apply(FrameKind.first, (writer) => writer.groupCreated(birth));
  apply(FrameKind.batch, (writer) => {
    for (let index = 1; index <= 5; index++) writer.entry(1, 1, entry(index, 1));
    writer.compactionMark(1, mark(4, 1));
    writer.entry(1, 1, entry(4, 2));
  });
  t.match(state.recovered().groups, [{ lastIndex: 4, terms: [] }], '5/1 does not come back');
});

t.test('I8: a record that contradicts the log is an error', async (t) => {
  const cases: [string, RegExp, (writer: FrameWriter) => void][] = [
    ['a gap', /entry 3 of group 1 after 0/, (writer) => writer.entry(1, 1, entry(3, 1))],
    ['an unknown group', /group 9 was never created/, (writer) => writer.hardState(9, hardState)],
    ['a second birth', /created a second time/, (writer) => writer.groupCreated(birth)],
    [
      'a term that falls',
      /terms of group 1 fall at entry 2/,
      (writer) => {
        writer.entry(1, 1, entry(1, 2));
        writer.entry(1, 1, entry(2, 1));
      },
    ],
    [
      'a configuration that is none',
      /configuration in entry 1 of group 1/,
      (writer) => writer.entry(1, 1, { ...entry(1, 1), kind: 2 }),
    ],
    [
      'a compaction beyond the end',
      /compacted at 1, which it lacks/,
      (writer) => writer.compactionMark(1, mark(1, 1)),
    ],
    [
      'a compaction at another entry',
      /compacted at 1, which it lacks/,
      (writer) => {
        writer.entry(1, 1, entry(1, 1));
        writer.compactionMark(1, mark(1, 2));
      },
    ],
    [
      'a snapshot before the beginning',
      /a snapshot at 4 of group 1 after 5/,
      (writer) => {
        writer.snapshotMark(1, mark(5, 2));
        writer.snapshotMark(1, mark(4, 2));
      },
    ],
    [
      'two snapshots at one index',
      /a snapshot at 5 of group 1 after 5/,
      (writer) => {
        writer.snapshotMark(1, mark(5, 2));
        writer.snapshotMark(1, mark(5, 3));
      },
    ],
    ['a table inside', /in the middle/, (writer) => writer.tombstone(3, 3)],
  ];
  for (const [why, message, fill] of cases) {
    const { apply } = await replayer();
    apply(FrameKind.first, (writer) => writer.groupCreated(birth));
    t.throws(() => apply(FrameKind.batch, fill), message, why);
    t.throws(() => apply(FrameKind.batch, fill), MalformedRecord, why);
  }
});

t.test(
  'D2, C13: a snapshot beside the log leaves no ghosts, whatever is written behind it',
  async (t) => {
    const { state, apply } = await replayer();
    apply(FrameKind.first, (writer) => writer.groupCreated(birth));
    apply(FrameKind.batch, (writer) => {
      for (let index = 1; index <= 5; index++) writer.entry(1, 1, entry(index, 1));
      writer.snapshotMark(1, mark(3, 2));
    });
    t.match(state.recovered().groups, [{ lastIndex: 3, terms: [], mark: mark(3, 2) }]);
    apply(FrameKind.batch, (writer) => {
      // Carried before the snapshot came: 4 and 5 of term 1 are nobody's entries any more.
      writer.entry(7, 1, entry(4, 1));
      writer.entry(1, 1, entry(4, 2));
      writer.entry(7, 1, entry(5, 1));
    });
    t.match(state.recovered().groups, [{ lastIndex: 4, terms: [{ from: 4, term: 2 }] }]);
  },
);

t.test('configurations are known again when their entries were carried', async (t) => {
  const change = (index: number, term: number, nextReplica: number): Entry => ({
    ...entry(index, term),
    kind: 2,
    data: encodeConfiguration({ ...configuration, nextReplica }),
  });
  const { state, apply } = await replayer();
  const configurations = () =>
    state
      .recovered()
      .groups[0]?.configurations.map(({ index, configuration }) => [
        index,
        configuration.nextReplica,
      ]);
  // The segments before this one are gone: the table is all there is of entries 11 to 15.
  apply(FrameKind.first, (writer) => {
    const terms = [{ from: 11, term: 1 }];
    writer.tableGroup({ ...birth, mark: mark(10, 1), lastIndex: 15, terms });
  });
  apply(FrameKind.batch, (writer) => {
    writer.entry(7, 1, entry(11, 1));
    writer.entry(7, 1, change(12, 1, 112));
    writer.entry(1, 1, change(14, 2, 214));
    // Not live any more.
    writer.entry(7, 1, change(14, 1, 114));
  });
  t.same(configurations(), [
    [12, 112],
    [14, 214],
  ]);
  apply(FrameKind.batch, (writer) => writer.entry(7, 1, change(13, 1, 113)));
  t.equal(missingEntry(state), undefined);
  t.same(configurations(), [
    [12, 112],
    [13, 113],
    [14, 214],
  ]);
  // A later table names the same log; it says nothing of what entries carry, and need not.
  apply(FrameKind.first, (writer) => {
    const log = state.groups.get(1);
    if (log !== undefined) writer.tableGroup(log.describe());
  });
  apply(FrameKind.batch, (writer) => writer.snapshotMark(1, mark(13, 1)));
  t.same(configurations(), [[14, 214]]);
});

t.test('a table must say what the segments before it said', async (t) => {
  const start = async () => {
    const replay = await replayer();
    replay.apply(FrameKind.first, (writer) => writer.groupCreated(birth));
    replay.apply(FrameKind.batch, (writer) => writer.groupRemoved(7, 3));
    return replay;
  };
  const table = { ...birth, lastIndex: 0, terms: [] };
  const good = await start();
  good.apply(FrameKind.first, (writer) => {
    writer.tableGroup(table);
    writer.tombstone(7, 3);
  });
  const bad: [string, (writer: FrameWriter) => void][] = [
    ['a group left out', (writer) => writer.tombstone(7, 3)],
    ['a tombstone left out', (writer) => writer.tableGroup(table)],
    [
      'another vote',
      (writer) => {
        writer.tableGroup({ ...table, hardState: { ...hardState, vote: 2 } });
        writer.tombstone(7, 3);
      },
    ],
    [
      'another end',
      (writer) => {
        writer.tableGroup({ ...table, lastIndex: 1, terms: [{ from: 1, term: 1 }] });
        writer.tombstone(7, 3);
      },
    ],
    [
      'a group from nowhere',
      (writer) => {
        writer.tableGroup({ ...table, group: 2 });
        writer.tombstone(7, 3);
      },
    ],
  ];
  for (const [why, fill] of bad) {
    const { apply } = await start();
    t.throws(() => apply(FrameKind.first, fill), MalformedRecord, why);
  }
});

t.test(
  'a log that begins with a table lacks its entries until they are carried or compacted',
  async (t) => {
    const { state, apply } = await replayer();
    const terms = [{ from: 11, term: 1 }];
    apply(FrameKind.first, (writer) =>
      writer.tableGroup({ ...birth, mark: mark(10, 1), lastIndex: 12, terms }),
    );
    t.same(missingEntry(state), { group: 1, index: 11 });
    apply(FrameKind.batch, (writer) => {
      writer.entry(7, 1, entry(11, 1));
      // Carried, but replaced since: not the live entry any more.
      writer.entry(1, 1, entry(12, 2));
      writer.entry(7, 1, entry(12, 1));
    });
    t.equal(missingEntry(state), undefined);
    t.match(state.recovered().groups, [
      {
        lastIndex: 12,
        terms: [
          { from: 11, term: 1 },
          { from: 12, term: 2 },
        ],
      },
    ]);
  },
);

t.test('nonsense in a table is not believed', async (t) => {
  for (const [lastIndex, terms] of [
    [5, []],
    [2 ** 40, [{ from: 1, term: 1 }]],
    [5, [{ from: 2, term: 1 }]],
    [
      5,
      [
        { from: 1, term: 1 },
        { from: 9, term: 2 },
      ],
    ],
  ] as const) {
    const { apply } = await replayer();
    const fill = (writer: FrameWriter) => writer.tableGroup({ ...birth, lastIndex, terms });
    t.throws(() => apply(FrameKind.first, fill), /nonsense/);
  }
});

t.test('a log begins with a table', async (t) => {
  const { state } = await replayer();
  const file = await new SimulatedDisk().open('d/1', 'create');
  const segment = new Segment({ id: 1, capacityBytes: 8192, salt: 1 }, file);
  state.segments.push(segment);
  const view = new DataView(new ArrayBuffer(0));
  const frame = { view, start: 0, end: 0, kind: FrameKind.batch, segment, fileOffset: 4096 };
  t.throws(() => state.apply(frame), MalformedRecord);
});

t.test('G2: tombstones only rise, and stay when the group comes back', async (t) => {
  const { state, apply } = await replayer();
  apply(FrameKind.first, (writer) => writer.groupCreated(birth));
  apply(FrameKind.batch, (writer) => {
    writer.groupRemoved(1, 5);
    writer.groupCreated({ ...birth, replica: 6 });
    writer.groupRemoved(1, 2);
  });
  t.same([...state.tombstones], [[1, 5]]);
  t.equal(state.groups.size, 0);
});
