/** Turns records into plain lines that a test can compare. */
import type { RecordVisitor } from '../../../src/raft/wal/record.js';

export function collectRecords(view: DataView): {
  readonly found: unknown[];
  readonly visitor: RecordVisitor;
} {
  const found: unknown[] = [];
  const visitor: RecordVisitor = {
    entry({ group, index, term, kind, at, dataBytes, carried }) {
      const data = Buffer.from(view.buffer, view.byteOffset + at + 32, dataBytes);
      found.push([
        carried ? 'carried' : 'entry',
        group,
        index,
        term,
        kind,
        data.toString('latin1'),
      ]);
    },
    hardState: (group, hardState) => found.push(['hard-state', group, hardState]),
    compactionMark: (group, mark) => found.push(['compaction-mark', group, mark]),
    snapshotMark: (group, mark) => found.push(['snapshot-mark', group, mark]),
    groupCreated: (birth) => found.push(['group-created', birth]),
    groupRemoved: (group, minReplica) => found.push(['group-removed', group, minReplica]),
    tableGroup: (group) => found.push(['table-group', group]),
    tombstone: (group, minReplica) => found.push(['tombstone', group, minReplica]),
  };
  return { found, visitor };
}
