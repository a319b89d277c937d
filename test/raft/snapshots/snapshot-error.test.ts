import t from 'tap';
import { SnapshotError } from '../../../src/raft/snapshots/snapshot-error.js';

t.test('carries a code to branch on, words to read and what was behind it', async (t) => {
  const cause = new Error('ENOENT');
  const error = new SnapshotError('missing', 'snapshots/1-2-3 is not there', cause);
  t.match(error, { name: 'SnapshotError', code: 'missing', cause });
  t.match(error.message, /not there/);
});
