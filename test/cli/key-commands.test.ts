import { join } from 'node:path';
import t from 'tap';
import { encodeKey } from '../../src/cli/key-commands.js';
import { runCli } from './command-line.js';
import { fakeNode, sendJson, sendProblem, unusedPort } from './fake-nodes.js';

t.test('keys travel percent-encoded and are never normalised', async (t) => {
  t.equal(encodeKey('a/b'), 'a/b');
  t.equal(encodeKey('a//../b'), 'a//../b');
  t.equal(encodeKey('ä ?#%&+"'), '%C3%A4%20%3F%23%25%26%2B%22');
  t.equal(encodeKey("!'()*"), '%21%27%28%29%2A');
  t.equal(decodeURIComponent(encodeKey('{tag}:\n\u0000')), '{tag}:\n\u0000');
});

t.test('get prints the bytes as they are', async (t) => {
  const bytes = Buffer.from([0, 0xff, 1, 10]);
  const node = await fakeNode(t, (_request, response) => response.end(bytes));
  const ended = await runCli(['get', '../a//b?', '--node', node.url]);
  t.equal(ended.code, 0);
  t.same(ended.stdout, bytes);
  t.equal(node.received[0]?.path, '/v1/kv/../a//b%3F');
});

t.test('get on a terminal ends the line', async (t) => {
  const node = await fakeNode(t, (_request, response) => response.end('x'));
  t.equal((await runCli(['get', 'k', '--node', node.url], { isTTY: true })).out, 'x\n');
});

t.test('get: consistency, environment, JSON', async (t) => {
  const node = await fakeNode(t, (_request, response) => {
    const headers = {
      ETag: '"17"',
      'Kvorum-Node': '2',
      'Kvorum-Shard': '5',
      'Content-Type': 'text/x',
    };
    response.writeHead(200, headers);
    response.end('hello');
  });
  const args = ['get', 'k', '--consistency', 'stale', '--max-staleness', '2s', '--json'];
  const ended = await runCli(args, { env: { KVORUM_URL: node.url } });
  t.equal(node.received[0]?.path, '/v1/kv/k?consistency=stale&max_staleness=2s');
  t.same(JSON.parse(ended.out), {
    key: 'k',
    url: node.url,
    node: 2,
    shard: 5,
    revision: 17,
    content_type: 'text/x',
    value: 'hello',
  });
});

t.test('get --json of bytes that are not text', async (t) => {
  const node = await fakeNode(t, (_request, response) => response.end(Buffer.from([0xff])));
  const ended = await runCli(['get', 'k', '--json', '--node', node.url]);
  t.match(JSON.parse(ended.out), { value_base64: '/w==' });
});

t.test('put: a value, standard input, a file', async (t) => {
  const node = await fakeNode(t, (_request, response) =>
    sendJson(response, 201, { key: 'k', revision: 3, created: true, shard: 1 }),
  );
  const put = (args: string[], around = {}) => runCli(['put', ...args, '--node', node.url], around);
  t.match(await put(['k', 'hello']), { code: 0, out: 'created, revision 3\n' });
  t.match(node.received.at(-1), { method: 'PUT', path: '/v1/kv/k' });
  t.equal(node.received.at(-1)?.headers['content-type'], 'text/plain; charset=utf-8');
  await put(['k'], { stdin: 'from a pipe' });
  t.equal(String(node.received.at(-1)?.body), 'from a pipe');
  t.equal(node.received.at(-1)?.headers['content-type'], 'application/octet-stream');
  await put(['k', '-'], { stdin: 'typed', isTTY: true });
  t.equal(String(node.received.at(-1)?.body), 'typed');
  await put(['k', '']);
  t.equal(node.received.at(-1)?.body.length, 0, 'an empty value is a value');
  const file = join(t.testdir({ value: 'in a file' }), 'value');
  await put(['k', '--file', file, '--content-type', 'text/x', '--if-none-match', '*']);
  t.match(node.received.at(-1)?.headers, { 'content-type': 'text/x', 'if-none-match': '*' });
  t.equal(String(node.received.at(-1)?.body), 'in a file');
  await put(['k', 'v', '--if-match', '17']);
  t.equal(node.received.at(-1)?.headers['if-match'], '"17"');
});

t.test('delete says whether it was there', async (t) => {
  let deleted = true;
  const node = await fakeNode(t, (_request, response) =>
    sendJson(response, 200, { deleted, revision: 8 }),
  );
  const run = () => runCli(['delete', 'k', '--node', node.url, '--if-match', '"7"']);
  t.match(await run(), { code: 0, out: 'deleted, revision 8\n' });
  t.equal(node.received[0]?.headers['if-match'], '"7"');
  deleted = false;
  t.match(await run(), { code: 0, out: 'was not there, revision 8\n' });
});

t.test('exit codes tell a script what happened', async (t) => {
  let problem: Record<string, unknown> = {};
  const node = await fakeNode(t, (_request, response) => sendProblem(response, problem));
  const cases: readonly (readonly [
    args: string[],
    problem: Record<string, unknown>,
    code: number,
  ])[] = [
    [['get', 'k'], { status: 404, code: 'key_not_found' }, 3],
    [['get', 'k'], { status: 404, code: 'route_not_found' }, 1],
    [['get', 'k'], { status: 503, code: 'no_leader', outcome: 'not_applied' }, 5],
    [['get', 'k'], { status: 502 }, 5],
    [['put', 'k', 'v'], { status: 412, code: 'precondition_failed' }, 4],
    [['put', 'k', 'v'], { status: 413, code: 'value_too_large' }, 1],
    [['put', 'k', 'v'], { status: 429, code: 'overloaded', outcome: 'not_applied' }, 5],
    [['put', 'k', 'v'], { status: 503, code: 'no_leader', outcome: 'not_applied' }, 5],
    [['put', 'k', 'v'], { status: 504, code: 'outcome_unknown', outcome: 'unknown' }, 6],
    [['delete', 'k'], { status: 502 }, 6],
    [['delete', 'k'], { status: 400, code: 'key_invalid' }, 1],
  ];
  for (const [args, answer, code] of cases) {
    problem = { ...answer, detail: 'what is wrong' };
    const ended = await runCli([...args, '--node', node.url]);
    t.equal(ended.code, code, `${args[0]}: ${answer['status']} ${answer['code'] ?? ''}`);
    t.match(ended.err, 'what is wrong');
    t.equal(ended.out, '');
  }
  problem = { status: 412, code: 'precondition_failed', current_revision: 9 };
  const json = await runCli(['put', 'k', 'v', '--json', '--node', node.url]);
  t.match(JSON.parse(json.out), { problem: { status: 412, current_revision: 9 } });
});

t.test('nobody there: 5, also for a write, because nothing was sent', async (t) => {
  const url = `http://127.0.0.1:${await unusedPort()}`;
  t.match(await runCli(['put', 'k', 'v', '--node', url]), { code: 5, err: /nothing was applied/ });
  t.match(await runCli(['get', 'k', '--node', url]), { code: 5, err: /No node answered/ });
});

t.test('wrong usage is told before anything is sent', async (t) => {
  const cases: readonly (readonly [args: string[], message: RegExp])[] = [
    [['get', ''], /The key has 0 bytes; it must have 1 to 1024/],
    [['get', 'ä'.repeat(513)], /The key has 1026 bytes/],
    [['get', 'k', '--consistency', 'strong'], /must be one of linearizable, stale/],
    [['get', 'k', '--max-staleness', '2s'], /needs --consistency stale/],
    [['get', 'k', '--consistency', 'stale', '--max-staleness', '2'], /must be a duration/],
    [['put', 'k', 'v', '--file', 'f'], /Give the value once/],
    [['put', 'k', 'v', '--if-match', 'W/"1"'], /must be a revision or "\*"/],
  ];
  for (const [args, message] of cases) t.match(await runCli(args), { code: 2, err: message });
  t.match(await runCli(['put', 'k'], { isTTY: true }), { code: 2, err: /Give a VALUE/ });
  t.match(await runCli(['put', 'k', '--file', '/gone/away']), { code: 1, err: /ENOENT/ });
});
