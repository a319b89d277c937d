import t from 'tap';
import { StoreError, storeError } from '../../../src/kv/store/store-error.js';

const at = { file: '/data/state.db', action: 'commit' };

t.test('names the file, the action and the reason', async (t) => {
  const cause = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
  const error = storeError(cause, at);
  t.equal(error.message, '/data/state.db: commit failed: disk I/O error (SQLITE_IOERR_FSYNC)');
  t.match(error, { code: 'io', file: at.file, action: 'commit', cause });
});

t.test('classifies by the code of the cause', async (t) => {
  for (const [code, expected] of [
    ['SQLITE_FULL', 'full'],
    ['ENOSPC', 'full'],
    ['EDQUOT', 'full'],
    ['SQLITE_BUSY_SNAPSHOT', 'busy'],
    ['SQLITE_LOCKED', 'busy'],
    ['SQLITE_CORRUPT', 'corrupt'],
    ['SQLITE_NOTADB', 'format'],
    ['SQLITE_IOERR_READ', 'io'],
    ['EIO', 'io'],
  ] as const) {
    t.equal(storeError(Object.assign(new Error('x'), { code }), at).code, expected, code);
  }
});

t.test('takes anything that was thrown, and leaves its own kind alone', async (t) => {
  t.equal(storeError('just text', at).message, '/data/state.db: commit failed: just text');
  t.equal(storeError(undefined, at).code, 'io');
  const own = new StoreError({ code: 'full', file: 'f', action: 'a', reason: 'r' });
  t.equal(storeError(own, at), own);
});
