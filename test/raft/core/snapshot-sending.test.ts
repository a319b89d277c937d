import t from 'tap';
import { ImpossibleInput } from '../../../src/raft/core/impossible-input.js';
import { SnapshotSending } from '../../../src/raft/core/snapshot-sending.js';
import { logOfTerms } from './log-of-terms.js';
import { configurationOf } from './simulated-cluster.js';

const configuration = configurationOf({ voters: 3 });
const snapshotOf = (index: number, term = 1) => ({
  ...{ index, term, configuration },
  ...{ bytes: 1, checksum: 1 },
});

/** The log begins after 3/1 and goes to 6/1, all of it committed and applied. */
function sending() {
  const log = logOfTerms([1, 1, 1, 1, 1, 1], { commit: 6, applied: 6 });
  log.compactTo(3);
  return { log, snapshots: new SnapshotSending(log) };
}

t.test('wanted, asked once, offered, offered again with every answer', async (t) => {
  const { snapshots } = sending();
  t.equal(snapshots.idle, true);
  snapshots.want(2, 0);
  t.same(snapshots.takeWanted(), [{ to: 2, atLeast: 3 }], 'at least the mark');
  t.same(snapshots.takeWanted(), []);
  snapshots.heard(2);
  t.same(snapshots.takeWanted(), [], 'it is being made');
  snapshots.made(2, snapshotOf(5));
  t.match(snapshots.takeOffer(2), { index: 5 });
  t.equal(snapshots.takeOffer(2), undefined);
  snapshots.heard(2);
  t.match(snapshots.takeOffer(2), { index: 5 });
  snapshots.ended(2);
  snapshots.heard(2);
  t.equal(snapshots.takeOffer(2), undefined);
  t.equal(snapshots.idle, true);
});

t.test('D8: what fails is asked for again, when the follower is heard', async (t) => {
  const { snapshots } = sending();
  snapshots.want(2, 3);
  snapshots.takeWanted();
  snapshots.made(2, undefined);
  t.same(snapshots.takeWanted(), [], 'not at once, or it would be asked without end');
  snapshots.heard(2);
  t.same(snapshots.takeWanted(), [{ to: 2, atLeast: 3 }]);
  snapshots.made(2, snapshotOf(4));
  snapshots.takeOffer(2);
  snapshots.refused(2, 5);
  t.same(snapshots.takeWanted(), [], 'another one was refused');
  snapshots.heard(2);
  t.same(snapshots.takeWanted(), [], 'it is still on offer');
  snapshots.refused(2, 4);
  t.same(snapshots.takeWanted(), [], 'nor at once, or a full disk would be asked without end');
  snapshots.heard(2);
  t.same(snapshots.takeWanted(), [{ to: 2, atLeast: 3 }], 'the file may be gone');
});

t.test('one that is too old is not offered', async (t) => {
  const { snapshots } = sending();
  snapshots.want(2, 5);
  snapshots.takeWanted();
  snapshots.made(2, snapshotOf(4));
  t.equal(snapshots.takeOffer(2), undefined);
  snapshots.heard(2);
  t.same(snapshots.takeWanted(), [{ to: 2, atLeast: 5 }]);
});

t.test('one that the log has outrun while it was made is not offered', async (t) => {
  const { log, snapshots } = sending();
  snapshots.want(2, 0);
  snapshots.takeWanted();
  log.compactTo(6);
  snapshots.made(2, snapshotOf(4));
  t.equal(snapshots.takeOffer(2), undefined);
  snapshots.heard(2);
  t.same(snapshots.takeWanted(), [{ to: 2, atLeast: 6 }], 'and asked for as the log is now');
});

t.test('an offer that the log has outrun is made anew', async (t) => {
  const { log, snapshots } = sending();
  snapshots.want(2, 0);
  snapshots.takeWanted();
  snapshots.made(2, snapshotOf(4));
  snapshots.takeOffer(2);
  log.compactTo(6);
  snapshots.outrun(2, 3);
  t.same(snapshots.takeWanted(), [], 'it has not got it yet');
  snapshots.outrun(2, 4);
  t.same(snapshots.takeWanted(), [{ to: 2, atLeast: 6 }]);
});

t.test('each follower has its own', async (t) => {
  const { snapshots } = sending();
  snapshots.want(2, 0);
  snapshots.want(3, 5);
  t.equal(snapshots.takeWanted().length, 2);
  snapshots.made(3, snapshotOf(6));
  t.equal(snapshots.takeOffer(2), undefined);
  t.match(snapshots.takeOffer(3), { index: 6 });
  snapshots.made(9, snapshotOf(6));
  t.equal(snapshots.takeOffer(9), undefined, 'nobody wants it');
});

t.test('D9, sys 21: of another term than its entry, or not committed: a fault', async (t) => {
  const { snapshots } = sending();
  snapshots.want(2, 0);
  t.throws(() => snapshots.made(2, snapshotOf(5, 2)), ImpossibleInput);
  t.throws(() => snapshots.made(2, snapshotOf(7, 1)), ImpossibleInput);
});
