import t from 'tap';
import { formatSize, parseSize } from '../../src/cli/size.js';

t.test('sizes with and without a unit', async (t) => {
  t.equal(parseSize('4194304'), 4_194_304);
  t.equal(parseSize('4MiB'), 4_194_304);
  t.equal(parseSize('4 mib'), 4_194_304);
  t.equal(parseSize('1KiB'), 1024);
  t.equal(parseSize('2GiB'), 2_147_483_648);
  t.equal(parseSize('12B'), 12);
  for (const wrong of [
    '',
    'MiB',
    '4MB',
    '4K',
    '-1',
    '1.5MiB',
    '1e6',
    '999999999999999GiB',
    'constructor',
  ]) {
    t.equal(parseSize(wrong), undefined, wrong);
  }
});

t.test('for people', async (t) => {
  t.equal(formatSize(812), '812 bytes');
  t.equal(formatSize(1536), '1.5 KiB');
  t.equal(formatSize(64 * 1024 ** 2), '64 MiB');
  t.equal(formatSize(3 * 1024 ** 4), '3 TiB');
});
