import t from 'tap';
import { hashesPerGroupMax, SliceHashes } from '../../../src/kv/store/slice-hashes.js';

const verified = (index: number) => ({
  outcome: 'verified' as const,
  shardRevision: 1,
  index,
  hash: BigInt(index) * 10n,
  rows: 1,
  passEnds: true,
});

t.test('keeps the newest of each group, and forgets a group as a whole', async (t) => {
  const hashes = new SliceHashes();
  for (let index = 1; index <= hashesPerGroupMax + 2; index += 1) {
    hashes.remember(1, verified(index));
  }
  hashes.remember(2, verified(1));
  t.equal(hashes.get(1, 2), undefined);
  t.equal(hashes.get(1, 3), 30n);
  t.equal(hashes.get(1, hashesPerGroupMax + 2), BigInt(hashesPerGroupMax + 2) * 10n);
  t.equal(hashes.get(2, 1), 10n);
  hashes.forget(1);
  t.equal(hashes.get(1, 3), undefined);
  t.equal(hashes.get(2, 1), 10n);
});
