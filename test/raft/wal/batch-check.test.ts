import t from 'tap';
import { encodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import type { Configuration, LogMark } from '../../../src/raft/core/types.js';
import { checkBatch } from '../../../src/raft/wal/batch-check.js';
import { ENTRY_BYTES_MAX } from '../../../src/raft/wal/format.js';
import { FRAME_HEADER_BYTES, FrameKind } from '../../../src/raft/wal/frame.js';
import { FrameWriter } from '../../../src/raft/wal/frame-writer.js';
import { LogState } from '../../../src/raft/wal/log-state.js';
import { Segment } from '../../../src/raft/wal/segment-list.js';
import type { WalBatch } from '../../../src/raft/wal/types.js';
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
const entry = (index: number, term: number, bytes = 1) => ({
  index,
  term,
  kind: 1 as const,
  data: new Uint8Array(bytes),
});
const EMPTY: WalBatch = { created: [], removed: [], writes: [] };

/** Group 1 has a mark at 2, entries 3 to 5 of term 2, and has voted for 7 in term 2. */
async function state(): Promise<LogState> {
  const state = new LogState();
  const file = await new SimulatedDisk().open('d/1', 'create');
  const segment = new Segment({ id: 1, capacityBytes: 65536, salt: 1 }, file);
  state.segments.push(segment);
  const writer = new FrameWriter();
  writer.begin();
  writer.batch({
    created: [
      { group: 1, replica: 1, mark: mark(2, 1), hardState: { term: 2, vote: 7, commit: 3 } },
    ],
    removed: [{ group: 8, minReplica: 5 }],
    writes: [{ group: 1, entries: [entry(3, 2), entry(4, 2), entry(5, 2)] }],
  });
  const { view, length } = writer;
  const start = FRAME_HEADER_BYTES;
  state.apply({
    view,
    start,
    end: length,
    kind: FrameKind.first,
    segment,
    fileOffset: 4096 + start,
  });
  return state;
}

const write = (...writes: WalBatch['writes']): WalBatch => ({ ...EMPTY, writes });
const hard = (term: number, vote: number, commit: number): WalBatch =>
  write({ group: 1, entries: [], hardState: { term, vote, commit } });
const snapshot = (next: LogMark): WalBatch => write({ group: 1, snapshot: next, entries: [] });
const compact = (next: LogMark): WalBatch => write({ group: 1, entries: [], compact: next });
const other = { ...configuration, nextReplica: 200 };
const configurationEntry = (index: number, carried: Configuration) => ({
  ...entry(index, 2),
  kind: 2 as const,
  data: encodeConfiguration(carried),
});
const birth = (group: number, replica = 1) => ({
  group,
  replica,
  mark: mark(10, 5),
  hardState: { term: 5, vote: 0, commit: 10 },
});

const refused: [string, WalBatch][] = [
  ['a gap', write({ group: 1, entries: [entry(7, 2)] })],
  ['a hole within', write({ group: 1, entries: [entry(6, 2), entry(8, 2)] })],
  ['an entry at the mark', write({ group: 1, entries: [entry(2, 2)] })],
  ['a term below the entry before', write({ group: 1, entries: [entry(6, 1)] })],
  ['a term that goes back within', write({ group: 1, entries: [entry(6, 3), entry(7, 2)] })],
  ['an entry over the limit', write({ group: 1, entries: [entry(6, 2, ENTRY_BYTES_MAX + 1)] })],
  ['an unknown group', write({ group: 2, entries: [] })],
  ['a term that goes back (A16)', hard(1, 0, 3)],
  ['a second vote in the same term (A2)', hard(2, 8, 3)],
  ['a vote taken back in the same term (A2)', hard(2, 0, 3)],
  ['a commit that goes back (C11)', hard(2, 7, 2)],
  ['a group that is there', { ...EMPTY, created: [birth(1)] }],
  ['a group created twice', { ...EMPTY, created: [birth(2), birth(2)] }],
  ['a replica below the tombstone (G2)', { ...EMPTY, created: [birth(8, 4)] }],
  ['a group born without a replica', { ...EMPTY, created: [birth(2, 0)] }],
  [
    'a group born with a commit beyond its mark (C5)',
    { ...EMPTY, created: [{ ...birth(2), hardState: { term: 5, vote: 0, commit: 11 } }] },
  ],
  [
    'a removal after which the same replica could come back (G2)',
    { ...EMPTY, removed: [{ group: 1, minReplica: 1 }] },
  ],
  [
    'a replica that another removal of the batch forbids (G2)',
    {
      created: [birth(1, 2)],
      removed: [
        { group: 1, minReplica: 3 },
        { group: 1, minReplica: 2 },
      ],
      writes: [],
    },
  ],
  ['a commit beyond the entries (C5)', hard(2, 7, 6)],
  [
    'an entry in the place of a committed one (R2, B1)',
    write({ group: 1, entries: [entry(3, 3)] }),
  ],
  ['a compaction mark beyond the log', compact(mark(6, 2))],
  ['a compaction mark that another entry has', compact(mark(4, 1))],
  [
    'a compaction mark with another configuration',
    compact({ ...mark(4, 2), configuration: other }),
  ],
  [
    'the mark before a configuration entry, with that configuration',
    write({
      group: 1,
      entries: [configurationEntry(6, other)],
      compact: { ...mark(5, 2), configuration: other },
    }),
  ],
  [
    'the mark behind a configuration entry, with the one before',
    write({ group: 1, entries: [configurationEntry(6, other)], compact: mark(6, 2) }),
  ],
  [
    'a configuration entry that carries none',
    write({ group: 1, entries: [{ ...entry(6, 2), kind: 2 }] }),
  ],
  ['a snapshot before the beginning of the log', snapshot(mark(1, 1))],
  ['another snapshot at the beginning of the log', snapshot(mark(2, 2))],
  ['a snapshot that contradicts a committed entry (D12)', snapshot(mark(3, 1))],
  [
    'a snapshot that takes committed entries away',
    write(
      { group: 1, entries: [], hardState: { term: 2, vote: 7, commit: 5 } },
      { group: 1, entries: [], snapshot: mark(4, 3) },
    ),
  ],
  [
    'an entry that does not follow the snapshot before it',
    write({ group: 1, snapshot: mark(50, 9), entries: [entry(6, 9)] }),
  ],
  ['a group id over 32 bits', { ...EMPTY, created: [birth(2 ** 32)] }],
  [
    'a write to a group removed in the batch',
    {
      created: [],
      removed: [{ group: 1, minReplica: 2 }],
      writes: [{ group: 1, entries: [] }],
    },
  ],
  [
    'a second write that does not follow the first',
    write({ group: 1, entries: [entry(4, 3)] }, { group: 1, entries: [entry(6, 3)] }),
  ],
  [
    'an entry at or below a mark of the same batch',
    write({ group: 1, entries: [], compact: mark(5, 2) }, { group: 1, entries: [entry(5, 2)] }),
  ],
];

t.test(
  'A2, A16, B1, C5, C11, D12, G2, I8, R2, sys 21: refuses what a log must never say',
  async (t) => {
    const log = await state();
    for (const [why, batch] of refused) {
      t.throws(() => checkBatch(batch, log), InvariantViolation, why);
    }
  },
);

const fine: [string, WalBatch][] = [
  ['nothing', EMPTY],
  ['an append', write({ group: 1, entries: [entry(6, 2), entry(7, 4)] })],
  ['a truncation', write({ group: 1, entries: [entry(4, 3)] })],
  ['a compaction', compact(mark(4, 2))],
  ['a compaction at a mark that was passed', compact(mark(1, 1))],
  [
    'a compaction at a configuration entry of the batch',
    write({
      group: 1,
      entries: [configurationEntry(6, other), entry(7, 2)],
      compact: { ...mark(7, 2), configuration: other },
    }),
  ],
  [
    'a compaction after the configuration entry was truncated',
    write(
      { group: 1, entries: [configurationEntry(6, other)] },
      { group: 1, entries: [entry(6, 3)], compact: mark(6, 3) },
    ),
  ],
  ['a snapshot within the log (D1)', snapshot(mark(4, 2))],
  ['a snapshot beside the log (D2)', snapshot(mark(5, 3))],
  ['a snapshot at the beginning of the log', snapshot(mark(2, 1))],
  [
    'an append behind entries that the snapshot left (D1)',
    write({ group: 1, snapshot: mark(4, 2), entries: [entry(6, 2)] }),
  ],
  [
    'two writes that follow each other',
    write({ group: 1, entries: [entry(6, 2), entry(7, 2)] }, { group: 1, entries: [entry(7, 3)] }),
  ],
  [
    'a truncation, then an append behind it',
    write({ group: 1, entries: [entry(4, 3)] }, { group: 1, entries: [entry(5, 3)] }),
  ],
  ['the same vote again', hard(2, 7, 4)],
  ['another vote in a new term', hard(3, 8, 3)],
  [
    'a snapshot beyond the log, an entry behind it, and the commit index of both',
    write({
      group: 1,
      snapshot: mark(50, 9),
      entries: [entry(51, 9)],
      hardState: { term: 9, vote: 0, commit: 50 },
    }),
  ],
  [
    'a group with its first entries',
    { ...EMPTY, created: [birth(2)], writes: [{ group: 2, entries: [entry(11, 5)] }] },
  ],
  ['a replica at the tombstone (G2)', { ...EMPTY, created: [birth(8, 5)] }],
  [
    'a replica that knows nothing yet, and its first vote',
    {
      ...EMPTY,
      created: [
        {
          group: 8,
          replica: 5,
          mark: { index: 0, term: 0, configuration: { ...configuration, nextReplica: 0 } },
          hardState: { term: 0, vote: 0, commit: 0 },
        },
      ],
      writes: [{ group: 8, entries: [], hardState: { term: 3, vote: 2, commit: 0 } }],
    },
  ],
  [
    'a group replaced by its next replica',
    { created: [birth(1, 2)], removed: [{ group: 1, minReplica: 2 }], writes: [] },
  ],
];

t.test('lets pass what a core writes', async (t) => {
  const log = await state();
  for (const [why, batch] of fine) t.doesNotThrow(() => checkBatch(batch, log), why);
});
