import t from 'tap';
import type { WholeRow } from '../../../src/kv/store/key-rows.js';
import { RowHash } from '../../../src/kv/store/row-hash.js';

const row = (more: Partial<WholeRow> = {}): WholeRow => ({
  id: 2 ** 51 + 1,
  key: Buffer.from('key'),
  revision: 2 ** 40 + 7,
  expires: 5,
  content_type: Buffer.from('text/plain'),
  value: Buffer.from('value'),
  ...more,
});

function hashOf(...rows: readonly WholeRow[]): bigint {
  const hash = new RowHash();
  for (const each of rows) hash.row(each);
  return hash.digest();
}

t.test(
  'the same on every machine and for ever: replicas of two versions are compared',
  async (t) => {
    t.equal(hashOf(), 0xef46db3751d8e999n, 'XXH64 of nothing, seed 0');
    t.equal(hashOf(row()).toString(16), '1a1ea015d9eb6243');
  },
);

t.test('every field counts, and no two lists of rows are the same bytes', async (t) => {
  const hashes = [
    hashOf(row()),
    hashOf(row({ id: 1 })),
    hashOf(row({ revision: 7 })),
    hashOf(row({ expires: 6 })),
    hashOf(row({ key: Buffer.from('keyt'), content_type: Buffer.from('ext/plain') })),
    hashOf(row({ content_type: Buffer.from('text/plainv'), value: Buffer.from('alue') })),
    hashOf(row({ value: Buffer.from('valuf') })),
    hashOf(row(), row()),
  ];
  t.equal(new Set(hashes).size, hashes.length);
});

t.test('how the bytes are gathered makes no difference', async (t) => {
  const value = Buffer.alloc(70_000, 'large ');
  const small = Array.from({ length: 300 }, (_, at) =>
    row({ id: at, value: Buffer.alloc(100, at) }),
  );
  const first = hashOf(...small, row({ value }), ...small);
  t.equal(hashOf(...small, row({ value: Buffer.from(value) }), ...small), first);
  value.writeUInt8(1, 69_999);
  t.not(hashOf(...small, row({ value }), ...small), first);
});
