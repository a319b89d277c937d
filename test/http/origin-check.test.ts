import t from 'tap';
import { originAllowed } from '../../src/http/origin-check.js';

t.test('no origin, or the node itself', (t) => {
  t.ok(originAllowed(undefined, 'localhost:8401'));
  t.ok(originAllowed(undefined, undefined));
  t.ok(originAllowed('http://localhost:8401', 'localhost:8401'));
  t.ok(originAllowed('HTTP://LOCALHOST:8401', 'localhost:8401'));
  t.ok(originAllowed('http://[::1]:8401', '[::1]:8401'));
  t.ok(originAllowed('http://kv.example', 'kv.example:80'), 'the port of the scheme');
  t.ok(originAllowed('https://kv.example', 'kv.example'), 'behind a proxy that ends TLS');
  t.end();
});

t.test('anything else is a foreign page', (t) => {
  for (const origin of [
    'null',
    '',
    'http://localhost',
    'http://localhost:8402',
    'http://127.0.0.1:8401',
    'http://localhost:8401.evil.example',
    'http://user@localhost:8401',
    'http://localhost:8401/',
    'file://localhost:8401',
    'localhost:8401',
  ]) {
    t.notOk(originAllowed(origin, 'localhost:8401'), origin);
  }
  t.notOk(originAllowed('http://localhost:8401', undefined), 'nothing to compare with');
  t.end();
});
