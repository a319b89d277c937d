import t from 'tap';
import { errorCode, isDiskFull } from '../../../src/raft/wal/file-system.js';

t.test('a full disk is told from a broken one', async (t) => {
  const withCode = (code: unknown) => Object.assign(new Error('x'), { code });
  t.ok(isDiskFull(withCode('ENOSPC')));
  t.ok(isDiskFull(withCode('EDQUOT')));
  t.notOk(isDiskFull(withCode('EIO')));
  t.equal(errorCode(withCode(5)), undefined);
  t.equal(errorCode('EIO'), undefined);
});
