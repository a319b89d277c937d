import t from 'tap';
import { ask, clusterOf, describeProblem, exitCodeOf } from '../../src/cli/cluster-request.js';
import { invocationOf } from './command-line.js';
import { fakeNode, sendProblem, unusedPort } from './fake-nodes.js';

const write = { method: 'PUT', path: '/v1/kv/a', body: Buffer.from('x') } as const;
const read = { method: 'GET', path: '/v1/kv/a' } as const;
const timeoutMs = 2000;

const refusing = (t: Parameters<typeof fakeNode>[0], problem: Record<string, unknown>) =>
  fakeNode(t, (_request, response) => sendProblem(response, problem));
const serving = (t: Parameters<typeof fakeNode>[0]) =>
  fakeNode(t, (_request, response) => response.end('fine'));
const nobody = async () => `http://127.0.0.1:${await unusedPort()}`;

t.test('which nodes, and how long', async (t) => {
  const of = (args: string[], env = {}) => clusterOf(invocationOf('get', ['k', ...args]), env);
  t.same(of([]), { urls: ['http://127.0.0.1:8401'], timeoutMs: 5000 });
  const env = { KVORUM_URL: 'http://a:1, b:2' };
  t.same(of([], env).urls, ['http://a:1', 'http://b:2']);
  t.same(of(['--node', 'c:3', '--node', 'http://d:4/'], env).urls, ['http://c:3', 'http://d:4']);
  t.equal(of(['--timeout', '250ms']).timeoutMs, 250);
  for (const wrong of ['5', '1ms', '61s']) {
    t.throws(() => of(['--timeout', wrong]), { message: /must be a duration from 10ms to 60s/ });
  }
  for (const wrong of ['https://a:1', 'http://a:1/x', 'http://u@a:1', 'ftp://a', 'http://']) {
    t.throws(() => of(['--node', wrong]), { message: /is not the address of a node/ });
  }
});

t.test('the next node when one is away, for reads and writes', async (t) => {
  const node = await serving(t);
  for (const wanted of [read, write]) {
    const answer = await ask({ urls: [await nobody(), node.url], timeoutMs }, wanted);
    t.match(answer, { status: 200, url: node.url });
  }
  t.match(node.received[0]?.headers['kvorum-timeout'], /^\d+ms$/);
});

t.test('a write goes on when the node says that it was not applied', async (t) => {
  const problem = { status: 503, code: 'no_leader', outcome: 'not_applied', retryable: true };
  const [first, second] = [await refusing(t, problem), await serving(t)];
  const answer = await ask({ urls: [first.url, second.url], timeoutMs }, write);
  t.equal(answer.url, second.url);
  const final = { status: 412, code: 'precondition_failed', outcome: 'not_applied' };
  const third = await refusing(t, final);
  t.match(await ask({ urls: [third.url, second.url], timeoutMs }, write), { status: 412 });
});

t.test('a write is never repeated when its fate is unknown', async (t) => {
  const second = await serving(t);
  const cases = [
    await refusing(t, { status: 504, code: 'outcome_unknown', outcome: 'unknown' }),
    await refusing(t, { status: 503, title: 'a proxy that knows nothing of outcomes' }),
  ];
  for (const first of cases) {
    const answer = await ask({ urls: [first.url, second.url], timeoutMs }, write);
    t.equal(answer.url, first.url);
  }
  const lost = await fakeNode(t, (_request, response) => response.destroy());
  await t.rejects(ask({ urls: [lost.url, second.url], timeoutMs }, write), {
    exitCode: 6,
    message: /may or may not be applied/,
  });
  t.equal(second.received.length, 0);
});

t.test('what may be repeated is asked of the next node when an answer is lost', async (t) => {
  const node = await serving(t);
  const lost = await fakeNode(t, (_request, response) => response.destroy());
  const repeatable = { ...write, method: 'POST', repeatable: true } as const;
  t.equal((await ask({ urls: [lost.url, node.url], timeoutMs }, repeatable)).url, node.url);
  const failed = ask({ urls: [lost.url, await nobody()], timeoutMs }, repeatable);
  await t.rejects(failed, { exitCode: 6, message: /may or may not be applied/ });
});

t.test('a conflict is final: every node would ask the same leader', async (t) => {
  const conflict = { status: 409, code: 'node_away', outcome: 'not_applied', retryable: true };
  const [first, second] = [await refusing(t, conflict), await serving(t)];
  const answer = await ask({ urls: [first.url, second.url], timeoutMs }, write);
  t.match(answer, { status: 409, url: first.url });
  t.equal(exitCodeOf(answer), 1);
});

t.test('a read is asked of every node in its share of the time', async (t) => {
  const silent = await fakeNode(t, () => {});
  const lost = await fakeNode(t, (_request, response) => response.destroy());
  const broken = await refusing(t, { status: 502 });
  const node = await serving(t);
  const urls = [silent.url, lost.url, broken.url, node.url];
  t.equal((await ask({ urls, timeoutMs: 400 }, read)).url, node.url);
});

t.test('when every node refuses, each is named', async (t) => {
  const problem = { status: 503, code: 'no_leader', outcome: 'not_applied', retryable: true };
  const one = await refusing(t, { ...problem, detail: 'no majority' });
  const away = await nobody();
  const failed = ask({ urls: [one.url, away], timeoutMs }, write);
  const error = await failed.catch((error: unknown) => error);
  t.match(error, { exitCode: 5 });
  t.match(String(error), `${one.url}: 503 no_leader: no majority`);
  t.match(String(error), `${away}: nobody listens there`);
});

t.test('whoever answers there in plain text is quoted', async (t) => {
  const peerPort = await fakeNode(t, (_request, response) => {
    response
      .writeHead(426, { 'Content-Type': 'text/plain' })
      .end('This is the peer port.\nReally.\n');
  });
  const answer = await ask({ urls: [peerPort.url], timeoutMs }, read);
  t.equal(describeProblem(answer), '426 http_426: This is the peer port.');
});
