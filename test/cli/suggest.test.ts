import t from 'tap';
import { didYouMean, editDistance, suggest } from '../../src/cli/suggest.js';

t.test('counts insertions, deletions, replacements and swaps', async (t) => {
  t.equal(editDistance('', 'abc'), 3);
  t.equal(editDistance('status', 'status'), 0);
  t.equal(editDistance('gte', 'get'), 1, 'a swap is one slip');
  t.equal(editDistance('delte', 'delete'), 1);
  t.equal(editDistance('kitten', 'sitting'), 3);
});

t.test('suggests what is near and nothing else', async (t) => {
  const known = ['get', 'put', 'delete', 'status'];
  t.equal(suggest('statsu', known), 'status');
  t.equal(suggest('ge', known), 'get');
  t.equal(suggest('frobnicate', known), undefined);
  t.equal(didYouMean('pu', known), ' Did you mean put?');
  t.equal(didYouMean('xyzzy', known), '');
});
