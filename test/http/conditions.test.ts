import t from 'tap';
import { judgeRead, parseReadCondition, parseWriteCondition } from '../../src/http/conditions.js';
import { Problem } from '../../src/http/problems.js';
import { startServer } from './harness.js';

t.test('writes: one strong tag, or *, or create only', (t) => {
  t.same(parseWriteCondition(undefined, undefined), {});
  t.same(parseWriteCondition('"42"', undefined), { ifMatch: 42 });
  t.same(parseWriteCondition('*', undefined), { ifMatch: '*' });
  t.same(parseWriteCondition(undefined, '*'), { ifNoneMatch: '*' });
  t.same(parseWriteCondition('"9007199254740991"', '*'), {
    ifMatch: Number.MAX_SAFE_INTEGER,
    ifNoneMatch: '*',
  });
  t.end();
});

t.test('writes refuse anything else', (t) => {
  const tags = [
    '',
    '42',
    'W/"42"',
    '"42", "43"',
    '"0"',
    '"01"',
    '"-1"',
    '"abc"',
    '"42',
    '42"',
    '**',
  ];
  for (const tag of [
    ...tags,
    '"9007199254740992"',
    '"99999999999999999"',
    '"4 2"',
    ' "42"',
    '"4\xff"',
  ]) {
    const result = parseWriteCondition(tag, undefined);
    t.match(result, { code: 'invalid_header', facts: { header: 'If-Match' } }, tag);
  }
  for (const tag of ['', '"42"', 'W/"42"', '*, *']) {
    const result = parseWriteCondition(undefined, tag);
    t.match(result, { code: 'invalid_header', facts: { header: 'If-None-Match' } }, tag);
  }
  t.end();
});

/** RFC 9110, 13.1.1 and 13.1.2, for a key at revision 42. */
function judge(ifMatch: string | undefined, ifNoneMatch: string | undefined): string {
  const condition = parseReadCondition(ifMatch, ifNoneMatch);
  if (condition instanceof Problem) return condition.code;
  return condition === undefined ? 'send' : judgeRead(condition, 42);
}

t.test('reads: If-None-Match is compared weakly, over lists', (t) => {
  t.equal(judge(undefined, undefined), 'send');
  t.equal(judge(undefined, '"42"'), 'not-modified');
  t.equal(judge(undefined, 'W/"42"'), 'not-modified');
  t.equal(judge(undefined, '"1" , W/"42",'), 'not-modified');
  t.equal(judge(undefined, ', ,"41",,"42"'), 'not-modified');
  t.equal(judge(undefined, '*'), 'not-modified');
  t.equal(judge(undefined, '"41", "anything,at-all"'), 'send');
  t.end();
});

t.test('reads: If-Match is compared strongly and goes first', (t) => {
  t.equal(judge('"42"', undefined), 'send');
  t.equal(judge('*', undefined), 'send');
  t.equal(judge('"41", "42"', undefined), 'send');
  t.equal(judge('"41"', undefined), 'precondition-failed');
  t.equal(judge('"41"', '"42"'), 'precondition-failed');
  t.equal(judge('"42"', '"42"'), 'not-modified');
  t.equal(judge('W/"42"', undefined), 'invalid_header');
  t.end();
});

t.test('reads refuse malformed lists', (t) => {
  for (const bad of [
    '',
    ',',
    '42',
    '"42',
    '"42" "43"',
    'w/"42"',
    'W/42',
    '*, "42"',
    '"4"2"',
    '"a b"',
  ]) {
    t.equal(judge(undefined, bad), 'invalid_header', bad);
    t.equal(judge(bad, undefined), 'invalid_header', bad);
  }
  t.end();
});

t.test('a long hostile list is read in linear time', (t) => {
  t.equal(judge(undefined, `${' '.repeat(16_000)}x`), 'invalid_header');
  t.equal(judge(undefined, '"1",'.repeat(4000)), 'send');
  t.end();
});

t.test('conditions', async (t) => {
  const server = await startServer(t);
  const put = (headers: Record<string, string>) =>
    server.request('PUT', '/v1/kv/k', { body: 'v', headers });
  const missing = await put({ 'if-match': '"1"' });
  t.match(missing, { status: 412, json: { code: 'precondition_failed', outcome: 'not_applied' } });
  t.equal(missing.headers.etag, undefined);
  t.equal(missing.json.current_revision, undefined);
  t.equal((await put({ 'if-match': '*' })).status, 412);
  t.equal((await put({ 'if-none-match': '*' })).status, 201);
  const clash = await put({ 'if-none-match': '*' });
  t.match(clash, { status: 412, json: { current_revision: 1 }, headers: { etag: '"1"' } });
  t.equal((await put({ 'if-match': '"1"' })).status, 200);
  t.equal((await put({ 'if-match': '"1"' })).status, 412);
  const remove = (tag: string) =>
    server.request('DELETE', '/v1/kv/k', { headers: { 'if-match': tag } });
  t.match(await remove('"1"'), { status: 412, headers: { etag: '"2"' } });
  t.equal((await remove('"2"')).status, 200);
  t.equal((await remove('"2"')).status, 412, 'an absent key matches nothing');
  for (const tag of ['W/"1"', '"1", "2"', '1', '']) {
    t.match(await put({ 'if-match': tag }), { status: 400, json: { header: 'If-Match' } }, tag);
  }
  t.match(await put({ 'if-none-match': '"1"' }), {
    status: 400,
    json: { header: 'If-None-Match' },
  });
});

t.test('conditional reads', async (t) => {
  const server = await startServer(t);
  await server.request('PUT', '/v1/kv/k', { body: 'v' });
  const get = (headers: Record<string, string>, method = 'GET') =>
    server.request(method, '/v1/kv/k', { headers });
  for (const method of ['GET', 'HEAD']) {
    const same = await get({ 'if-none-match': 'W/"9", "1"' }, method);
    t.match(same, { status: 304, text: '', headers: { etag: '"1"', 'kvorum-revision': '1' } });
    t.equal(same.headers['content-length'], undefined);
  }
  t.equal((await get({ 'if-none-match': '*' })).status, 304);
  t.equal((await get({ 'if-none-match': '"2"' })).status, 200);
  const failed = await get({ 'if-match': '"2"' });
  t.match(failed, { status: 412, headers: { etag: '"1"' }, json: { current_revision: 1 } });
  t.equal((await get({ 'if-match': '"1"' })).status, 200);
  t.equal((await get({ 'if-match': 'W/"1"' })).status, 400);
  const absent = await server.request('GET', '/v1/kv/x', { headers: { 'if-match': '"2"' } });
  t.equal(absent.status, 404, 'RFC 9110, 13.2.1: a precondition does not hide that there is none');
});
