import t from 'tap';
import { RequestIds } from '../../src/http/request-id.js';

t.test('a sane id is kept, the own header first', (t) => {
  const ids = new RequestIds(7, 'r');
  t.equal(ids.take('a', 'b'), 'a');
  t.equal(ids.take(undefined, 'b-1:2.3/4+5=6@7_8'), 'b-1:2.3/4+5=6@7_8');
  t.equal(ids.take('no good', 'b'), 'b');
  t.end();
});

t.test('anything else is replaced by a new one', (t) => {
  const ids = new RequestIds(7, 'r');
  const seen = new Set<string>();
  for (const bad of [undefined, '', 'a b', 'a"b', 'ä', 'a\n', 'x'.repeat(65), '<x>']) {
    const id = ids.take(bad, undefined);
    t.match(id, /^7-r-[0-9a-z]+$/);
    seen.add(id);
  }
  t.equal(seen.size, 8, 'all different');
  t.not(new RequestIds(7).take(undefined, undefined), new RequestIds(7).take(undefined, undefined));
  t.end();
});
