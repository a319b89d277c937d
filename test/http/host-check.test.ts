import t from 'tap';
import { HostCheck, isLoopback } from '../../src/http/host-check.js';

t.test('on loopback only known names and any address', (t) => {
  const check = new HostCheck('127.0.0.1', ['Node1.example.org:8401', 'db']);
  const allowed = [
    'localhost',
    'LOCALHOST:1',
    'localhost.',
    '127.0.0.1',
    '127.0.0.1:8401',
    '[::1]:80',
  ];
  for (const host of [...allowed, '10.0.0.7:8401', 'node1.example.org', 'db:9']) {
    t.equal(check.check(host, true), 'allowed', host);
    t.equal(check.check(host, true), 'allowed', `${host} again`);
  }
  for (const host of ['evil.example', 'localhost.evil.example', 'xlocalhost', '127.0.0.1.nip.io']) {
    t.equal(check.check(host, true), 'refused', host);
  }
  for (const host of ['', 'a b', 'a/b', 'user@localhost', 'localhost:x', '[::1', '[zz]', 'ä']) {
    t.equal(check.check(host, true), 'invalid', host);
  }
  t.equal(check.check(undefined, true), 'missing');
  t.equal(check.check(undefined, false), 'allowed', 'HTTP/1.0');
  t.end();
});

t.test('elsewhere any well-formed name', (t) => {
  const check = new HostCheck('0.0.0.0', []);
  t.equal(check.check('anything.example', true), 'allowed');
  t.equal(check.check('a b', true), 'invalid');
  t.end();
});

t.test('what loopback is', (t) => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]'])
    t.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.evil'])
    t.notOk(isLoopback(host), host);
  t.end();
});
