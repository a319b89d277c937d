import t from 'tap';
import { formatAddress, isLoopback, isWildcard, parseAddress } from '../../src/cli/address.js';

t.test('host:port of every kind, and back', async (t) => {
  for (const text of ['127.0.0.1:1', 'localhost:65535', 'node-1.example:80', '[::1]:9401']) {
    const address = parseAddress(text);
    t.ok(address, text);
    t.equal(address && formatAddress(address), text);
  }
  t.same(parseAddress('[::1]:9401'), { host: '::1', port: 9401 });
});

t.test('what is not an address', async (t) => {
  const wrong = [
    ...['', 'host', ':80', 'host:', 'host:0', 'host:65536', 'host:-1', 'host:8o', 'host:123456'],
    ...['::1:80', '[::1]', '[nonsense]:80', '1.2.3:80', '300.1.1.1:80', 'a b:80', 'http://a:80'],
    ...['-a:80', 'a@b:80', 'a,b:80', `${'a'.repeat(254)}:80`],
  ];
  for (const text of wrong) t.equal(parseAddress(text), undefined, text);
});

t.test('which addresses other machines can reach', async (t) => {
  for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1', '0:0:0:0:0:0:0:1']) {
    t.ok(isLoopback(host), host);
  }
  for (const host of [
    '0.0.0.0',
    '10.0.0.1',
    '::',
    '::2',
    '1::1',
    'localhost.example',
    '128.0.0.1',
  ]) {
    t.notOk(isLoopback(host), host);
  }
  for (const host of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0']) t.ok(isWildcard(host), host);
  for (const host of ['127.0.0.1', '::1', 'zero']) t.notOk(isWildcard(host), host);
});
