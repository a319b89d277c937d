import t from 'tap';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { SnapshotReceiving } from '../../../src/raft/core/snapshot-receiving.js';
import type { SnapshotDescription, Term } from '../../../src/raft/core/types.js';
import { logOfTerms } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

const configuration = configurationOf({ voters: 3 });

function snapshotOf(index: number, term: Term, checksum = 1): SnapshotDescription {
  return { index, term, configuration, bytes: 10, checksum };
}

const offer = (snapshot: SnapshotDescription, from = 2, term = 9) =>
  ({ type: 'snapshot', from, to: 1, term, snapshot }) as const;

/** Entries 1/1 to 4/2, of which two are committed and applied. */
function receiving(uninitialised = false) {
  const log = logOfTerms([1, 1, 2, 2], { commit: 2, applied: 2 });
  return { log, snapshots: new SnapshotReceiving(log, () => uninitialised) };
}

t.test('what lies beyond the log is fetched, and said once', async (t) => {
  const { snapshots } = receiving();
  t.equal(snapshots.offered(offer(snapshotOf(9, 3))), undefined);
  t.match(snapshots.takeFetch(), { from: 2, snapshot: { index: 9 } });
  t.equal(snapshots.takeFetch(), undefined);
  t.match(snapshots.fetching, { index: 9 });
});

t.test('D1: what the log holds is acknowledged, and its commit index taken over', async (t) => {
  const { log, snapshots } = receiving();
  t.equal(snapshots.offered(offer(snapshotOf(1, 1))), 2, 'older than what is committed');
  t.equal(snapshots.offered(offer(snapshotOf(4, 2))), 4);
  t.equal(log.commit, 4);
  t.equal(snapshots.fetching, undefined);
});

t.test('another term at the same index, not committed: the snapshot is right', async (t) => {
  const { snapshots } = receiving();
  t.equal(snapshots.offered(offer(snapshotOf(4, 3))), undefined);
  t.match(snapshots.takeFetch(), { snapshot: { index: 4, term: 3 } });
});

t.test('D12, sys 21: another term at a committed index is impossible', async (t) => {
  const { snapshots } = receiving();
  t.throws(() => snapshots.offered(offer(snapshotOf(2, 2))), ImpossibleInput);
  t.throws(() => snapshots.received(snapshotOf(2, 2)), ImpossibleInput);
  t.throws(() => snapshots.offered(offer(snapshotOf(9, 10))), ImpossibleInput, 'of a later term');
});

t.test('one leader only offers newer ones; another leader whatever it has', async (t) => {
  const { snapshots } = receiving();
  snapshots.offered(offer(snapshotOf(9, 3)));
  snapshots.takeFetch();
  snapshots.offered(offer(snapshotOf(9, 3)));
  snapshots.offered(offer(snapshotOf(8, 3)));
  t.equal(snapshots.takeFetch(), undefined, 'the same, and an overtaken one');
  snapshots.offered(offer(snapshotOf(8, 3, 7), 3));
  t.match(snapshots.takeFetch(), { from: 3, snapshot: { index: 8 } });
  snapshots.offered(offer(snapshotOf(7, 3, 8), 3, 10));
  t.match(snapshots.takeFetch(), { from: 3, snapshot: { index: 7 } }, 'of another leadership');
});

t.test('a fetch that entries have overtaken is given up', async (t) => {
  const { log, snapshots } = receiving();
  snapshots.offered(offer(snapshotOf(5, 2)));
  log.append({ index: 5, term: 2, kind: 1, data: new Uint8Array(1) });
  t.equal(snapshots.takeFetch(), undefined);
  t.equal(snapshots.fetching, undefined);
  t.equal(snapshots.received(snapshotOf(5, 2)), false, 'and is of no use when it arrives');
});

t.test('received: the log begins anew, and the state is not whole until installed', async (t) => {
  const { log, snapshots } = receiving();
  snapshots.offered(offer(snapshotOf(9, 3)));
  t.equal(snapshots.received(snapshotOf(9, 3)), true);
  t.match(log, { firstIndex: 10, lastIndex: 9, commit: 9, applied: 2, installing: true });
  t.match(log.takeUnwrittenMark(), { index: 9, term: 3, configuration });
  t.equal(snapshots.stateIsWhole, false);
  t.equal(snapshots.fetching, undefined);
  log.installedTo(9);
  t.equal(snapshots.stateIsWhole, true);
});

t.test('D6: a newer one may be on its way when an older arrives', async (t) => {
  const { snapshots } = receiving();
  snapshots.offered(offer(snapshotOf(9, 3)));
  snapshots.offered(offer(snapshotOf(12, 3)));
  t.equal(snapshots.received(snapshotOf(9, 3)), true);
  t.match(snapshots.fetching, { index: 12 });
  t.equal(snapshots.received(snapshotOf(12, 3)), true);
  t.equal(snapshots.received(snapshotOf(9, 3)), false, 'again');
});

t.test('D8: a failure is told to the one it was fetched from, once', async (t) => {
  const { snapshots } = receiving();
  snapshots.offered(offer(snapshotOf(9, 3)));
  t.equal(snapshots.failed({ index: 8, term: 3 }), undefined, 'of another one');
  t.equal(snapshots.failed({ index: 9, term: 3 }), 2);
  t.equal(snapshots.failed({ index: 9, term: 3 }), undefined);
  snapshots.offered(offer(snapshotOf(9, 3)));
  t.match(snapshots.takeFetch(), { from: 2 }, 'offered again, fetched again');
});

t.test('damaged: even what the log holds is fetched, but nothing older', async (t) => {
  const { log, snapshots } = receiving();
  snapshots.damaged();
  t.match(snapshots, { wanted: true, stateIsWhole: false, atLeast: 2 });
  t.equal(snapshots.offered(offer(snapshotOf(1, 1))), undefined);
  t.equal(snapshots.takeFetch(), undefined, 'it would take back what is applied');
  snapshots.offered(offer(snapshotOf(2, 1)));
  t.match(snapshots.takeFetch(), { snapshot: { index: 2 } });
  t.equal(snapshots.received(snapshotOf(2, 1)), true);
  t.match(log, { firstIndex: 3, lastIndex: 4, installing: true }, 'what stands behind it stays');
  t.equal(snapshots.wanted, false);
});

t.test('uninitialised: it wants one', async (t) => {
  const log = logOfTerms([]);
  const snapshots = new SnapshotReceiving(log, () => true);
  t.match(snapshots, { wanted: true, uninitialised: true, stateIsWhole: false, atLeast: 0 });
});
