/** Files that users write, right and wrong. */
import { join } from 'node:path';
import t from 'tap';
import { loadAdapter, parseAdapter } from '../../../jepsen-lite/adapters/adapter-file.js';
import { presets } from '../../../jepsen-lite/adapters/presets.js';

t.test('presets have names, and are what a file may say', async (t) => {
  for (const preset of presets) {
    t.equal(loadAdapter(preset.name), preset);
    t.same(parseAdapter(JSON.stringify(preset), 'x'), preset, preset.name);
  }
});

t.test('a file describes an adapter', async (t) => {
  const mine = {
    name: 'mine',
    read: { method: 'GET', path: '/{key}' },
    write: { method: 'PUT', path: '/{key}', body: '{value}' },
  };
  const folder = t.testdir({ 'mine.json': JSON.stringify(mine) });
  t.same(loadAdapter(join(folder, 'mine.json')), mine);
});

t.test('what is wrong is said with its place', async (t) => {
  const base = { name: 'x', write: { method: 'PUT', path: '/' } };
  const wrong = (read: object) => JSON.stringify({ ...base, read });
  t.throws(() => loadAdapter('nothing.json'), /no preset \(kvorum, etcd, consul\) and no file/);
  t.throws(() => parseAdapter('{ "name": ', 'f.json'), /f\.json.* is not JSON/);
  t.throws(() => parseAdapter(wrong({ method: 'GET', path: 'kv' }), 'f'), /read\.path: must begin/);
  t.throws(() => parseAdapter(wrong({ method: 'FETCH', path: '/' }), 'f'), /read\.method/);
  const means = { method: 'GET', path: '/', answers: [{ status: '200', means: 'fine' }] };
  t.throws(() => parseAdapter(wrong(means), 'f'), /read\.answers\.0\.means/);
  const status = { method: 'GET', path: '/', answers: [{ status: '20', means: 'ok' }] };
  t.throws(() => parseAdapter(wrong(status), 'f'), /must be like 200, 4xx or \*/);
  t.throws(() => parseAdapter(wrong({ method: 'GET', path: '/', reply: 1 }), 'f'), /"reply"/);
  const noWhere = { method: 'GET', path: '/', answers: [{ status: '200', is: 'x', means: 'ok' }] };
  t.throws(() => parseAdapter(wrong(noWhere), 'f'), /needs a "where"/);
});

t.test(
  'a mistyped hole would be sent as it stands, and one that lacks would lose the value',
  async (t) => {
    const read = { method: 'GET', path: '/{key}' };
    const write = { method: 'PUT', path: '/{key}', body: '{value}' };
    const parse = (changes: object) =>
      parseAdapter(JSON.stringify({ name: 'x', read, write, ...changes }), 'f');
    t.throws(() => parse({ read: { ...read, path: '/{kee}' } }), /there is no hole \{kee\}/);
    t.throws(
      () => parse({ read: { ...read, path: '/{key|hex}' } }),
      /there is no hole \{key\|hex\}/,
    );
    t.throws(() => parse({ read: { ...read, path: '/k' } }), /says nowhere \{key\}/);
    t.throws(() => parse({ write: { ...write, body: '' } }), /says nowhere \{value\}/);
    t.throws(() => parse({ writeIfRevision: write }), /says nowhere \{revision\}/);
    t.doesNotThrow(() => parse({ write: { ...write, body: '{"a":"{value|base64}","b":{}}' } }));
  },
);
