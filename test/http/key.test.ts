import fc from 'fast-check';
import t from 'tap';
import { canonicalKey, parseTarget } from '../../src/http/key.js';
import { Problem } from '../../src/http/problems.js';
import { startServer } from './harness.js';

const parse = (rest: string) => parseTarget(`/v1/kv/${rest}`, '/v1/kv/'.length);

function key(rest: string): string {
  const target = parse(rest);
  return target instanceof Problem ? target.code : target.key.toString('latin1');
}

t.test('a key is the bytes as they came, percent-decoded once, never normalised', (t) => {
  for (const same of [
    'a',
    'a/b',
    'a//b',
    '../x',
    './',
    '..',
    '.',
    '/',
    '//',
    'a/',
    'a+b',
    'k:{t}',
  ]) {
    t.equal(key(same), same);
  }
  t.equal(key('%2F'), '/');
  t.equal(key('%2e%2E/x'), '../x');
  t.equal(key('%FF%00%fe'), '\xff\x00\xfe');
  t.equal(key('%2525'), '%25');
  t.equal(key('%3Fa%23'), '?a#');
  t.equal(key('a?b=c'), 'a');
  t.end();
});

t.test('what follows the first ? is the query, undecoded', (t) => {
  t.match(parse('a?b=%20?c'), { query: 'b=%20?c' });
  t.match(parse('a?'), { query: '' });
  t.match(parse('a'), { query: undefined });
  t.end();
});

t.test('refusals', (t) => {
  t.equal(key(''), 'empty_key');
  t.equal(key('?a=b'), 'empty_key');
  for (const bad of ['%', '%2', 'a%zz', '%2g', '%%41', '%u0041', 'a%'])
    t.equal(key(bad), 'invalid_key');
  for (const bad of ['a#b', '#', 'a?b#c', 'a b', 'a\tb', '\x7f', '\xff', '\u0416', '\x00']) {
    t.equal(key(bad), 'invalid_target', JSON.stringify(bad));
  }
  t.end();
});

t.test('1 to 1,024 bytes after decoding', (t) => {
  t.equal(key('a'.repeat(1024)).length, 1024);
  t.equal(key('a'.repeat(1025)), 'key_too_long');
  t.equal(key('%FF'.repeat(1024)).length, 1024);
  t.equal(key('%FF'.repeat(1025)), 'key_too_long');
  t.match(parse('a'.repeat(1025)), { facts: { limit_bytes: 1024 } });
  t.end();
});

t.test('property: any key goes round, percent-encoded in any way', (t) => {
  const anyKey = fc
    .uint8Array({ minLength: 1, maxLength: 1024 })
    .map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(anyKey, (bytes) => {
      const encoded = [...bytes].map((b) => `%${b.toString(16).padStart(2, '0')}`).join('');
      const target = parse(encoded);
      if (target instanceof Problem || !target.key.equals(bytes)) return false;
      const again = parse(canonicalKey(bytes));
      return !(again instanceof Problem) && again.key.equals(bytes);
    }),
  );
  t.end();
});

t.test('property: the canonical form survives JSON and tidy clients', (t) => {
  const pieces = fc.array(
    fc.constantFrom('.', '..', '/', '//', 'a', '%', '"', '\\', '{t}', '\n', ' '),
    {
      minLength: 1,
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const bytes = Buffer.from(parts.join(''));
      const canonical = canonicalKey(bytes);
      if (JSON.stringify(canonical) !== `"${canonical}"`) return false;
      // Only a key that is nothing but dots cannot be written in a way that WHATWG URLs keep.
      if (/^\.{1,2}$/.test(parts.join(''))) return true;
      const tidied = new URL(`http://h/v1/kv/${canonical}`).pathname.slice('/v1/kv/'.length);
      const target = parse(tidied);
      return !(target instanceof Problem) && target.key.equals(bytes);
    }),
  );
  t.end();
});

t.test('a target that is canonical already is its own canonical form', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z./:@%2F-]{1,20}$/), (text) => {
      const target = parse(text);
      if (target instanceof Problem || target.canonical === undefined) return true;
      return target.canonical === canonicalKey(target.key);
    }),
  );
  t.end();
});

const encode = (bytes: Buffer): string =>
  [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

t.test('odd keys over a real socket', async (t) => {
  const server = await startServer(t);
  const putRaw = (target: string): Promise<string> =>
    server.raw(
      `PUT ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n` +
        'Connection: close\r\n\r\nv',
    );
  const stored = ['../x', 'a//b', '%2F', '%FF', '%00', './.', '"{}|<>\\^`', 'k:8080/', '%3F'];
  for (const key of stored) t.match(await putRaw(`/v1/kv/${key}`), /^HTTP\/1.1 20[01] /, key);
  t.same(
    [...server.service.stored.keys()],
    ['../x', 'a//b', '/', '\xff', '\x00', './.', '"{}|<>\\^`', 'k:8080/', '?'],
  );
  t.match(await putRaw('http://localhost/v1/kv/absolute'), /^HTTP\/1.1 201 /);
  t.match(await putRaw('/v1/kv/a#b'), /^HTTP\/1.1 400 .*%23.*"code":"invalid_target"/s);
  t.match(await putRaw('/v1/kv/%zz'), /^HTTP\/1.1 400 .*"code":"invalid_key"/s);
  t.match(await putRaw('/v1/kv/'), /^HTTP\/1.1 400 .*"code":"empty_key"/s);
  t.match(await putRaw(`/v1/kv/${'k'.repeat(1025)}`), /^HTTP\/1.1 400 .*"limit_bytes":1024/s);
  t.match(await putRaw('/v1/kv/\xd0\xba'), /^HTTP\/1.1 400 .*percent-encoded/s);
});

t.test('property: any key and value go round', async (t) => {
  const server = await startServer(t);
  const bytes = (minLength: number, maxLength: number) =>
    fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
  await fc.assert(
    fc.asyncProperty(bytes(1, 200), bytes(0, 300), async (key, value) => {
      const path = `/v1/kv/${encode(key)}`;
      const put = await server.request('PUT', path, { body: value });
      const canonical = String(put.json.key);
      const get = await server.request('GET', `/v1/kv/${canonical}`);
      return get.status === 200 && get.body.equals(value);
    }),
    { numRuns: 100 },
  );
});
