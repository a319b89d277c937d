import t from 'tap';
import { readFailure, WalError, writeFailure } from '../../../src/raft/wal/errors.js';

t.test('says what, where and what to do', async (t) => {
  const error = new WalError('wal_corrupt', 'it is damaged', { file: '/d/1.wal', offset: 77 });
  t.match(error.message, /^it is damaged \(\/d\/1\.wal at offset 77\)\. Acknowledged data/);
  t.match(error, { name: 'WalError', code: 'wal_corrupt', file: '/d/1.wal', offset: 77 });
  t.match(new WalError('wal_closed', 'closed').message, /^closed\. The log was closed/);
});

t.test('errors of the system are told apart', async (t) => {
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  t.match(writeFailure('writing', full, '/d'), { code: 'wal_full', cause: full, file: '/d' });
  t.match(writeFailure('writing', new Error('x')), { code: 'wal_write_failed' });
  const known = new WalError('wal_corrupt', 'x');
  t.equal(writeFailure('writing', known), known, 'what is known already stays as it is');
  t.match(readFailure('/d', 4, new Error('x')), { code: 'wal_read_failed', offset: 4 });
});
