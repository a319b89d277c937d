import t from 'tap';
import { padded } from '../../../src/raft/wal/integers.js';

t.test('padding goes up to the next eight', async (t) => {
  t.same([0, 1, 7, 8, 9].map(padded), [0, 8, 8, 8, 16]);
});
