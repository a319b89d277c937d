/** Limits of snapshots that contradict each other are found at the start. */
import t from 'tap';
import { checkSnapshotLimits, defaultSnapshotLimits } from '../../../src/raft/snapshots/limits.js';

t.test('the defaults fit together', async (t) => {
  t.doesNotThrow(() => checkSnapshotLimits(defaultSnapshotLimits));
});

t.test('contradictions are named', async (t) => {
  const wrong = [
    { windowChunks: 0 },
    { sendingMax: 0 },
    { receivingMax: 0 },
    { sendBytesPerSecond: 1_000 },
    { receiveIdleMs: 5_000 },
    { sendIdleMs: 30_000 },
  ];
  for (const change of wrong) {
    t.throws(() => checkSnapshotLimits({ ...defaultSnapshotLimits, ...change }));
  }
});
