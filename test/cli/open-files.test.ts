import t from 'tap';
import { clientConnections, openFileLimit, parseOpenFileLimit } from '../../src/cli/open-files.js';

const MiB = 1024 * 1024;

t.test('the limit is read from what the kernel says', async (t) => {
  const line = (soft: string) => `Limit\nMax open files            ${soft}   4096     files\n`;
  t.equal(parseOpenFileLimit(line('1024')), 1024);
  t.equal(parseOpenFileLimit(line('unlimited')), Number.POSITIVE_INFINITY);
  t.equal(parseOpenFileLimit('something else'), undefined);
  const limit = await openFileLimit();
  t.ok(limit === undefined || limit > 0);
});

t.test('clients get what the log, the state and the peers do not need', async (t) => {
  const needs = { segmentBytes: 64 * MiB, peers: 2 };
  t.equal(clientConnections(65_536, needs), 65_536 - 281);
  t.equal(clientConnections(1024, needs), 743);
  t.equal(clientConnections(1024, { segmentBytes: 4 * MiB, peers: 2 }), 503, 'more segments');
  t.equal(clientConnections(256, needs), 64, 'a share, however low the limit');
  t.equal(clientConnections(Number.POSITIVE_INFINITY, needs), Number.POSITIVE_INFINITY);
});
