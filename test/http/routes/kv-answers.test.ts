import t from 'tap';
import { contentTypeBytesMax } from '../../../src/http/limits.js';
import { isContentType, staleHint } from '../../../src/http/routes/kv-answers.js';

t.test('content types that a header can carry', (t) => {
  t.ok(isContentType('text/plain; charset="a b"'));
  t.ok(isContentType('a'.repeat(contentTypeBytesMax)));
  for (const bad of ['a'.repeat(contentTypeBytesMax + 1), 'a\n', 'a\r\nb', 'ä', 'a\0', 'a\tb']) {
    t.notOk(isContentType(bad), JSON.stringify(bad));
  }
  t.end();
});

t.test('what still works without a majority is said', (t) => {
  t.match(staleHint('no_leader'), /no leader.*consistency=stale/);
  t.match(staleHint('no_leader', 'Shard 3 is alone.'), /^Shard 3 is alone\. .*consistency=stale/);
  t.end();
});
