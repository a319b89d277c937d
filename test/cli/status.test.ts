import t from 'tap';
import { runCli } from './command-line.js';
import { nodesBody, readyBody, shardsBody } from './fake-answers.js';
import { fakeNode, sendJson, unusedPort } from './fake-nodes.js';

const answers: Readonly<Record<string, unknown>> = {
  '/admin/v1/nodes': nodesBody,
  '/admin/v1/shards': shardsBody,
};

t.test('nodes, shards and readiness as the first node that answers sees them', async (t) => {
  const node = await fakeNode(t, ({ path = '' }, response) =>
    sendJson(response, 200, answers[path] ?? readyBody),
  );
  const away = `http://127.0.0.1:${await unusedPort()}`;
  const ended = await runCli(['status', '--node', away, '--node', node.url]);
  t.equal(ended.code, 0);
  t.equal(
    ended.out,
    `Cluster shop as node 1 (${node.url}, version 0.1.0) sees it

node  zone  http            peer            link                      ms
   1  1     127.0.0.1:8401  127.0.0.1:9401  itself
   2  b     -               127.0.0.1:9402  down: connection refused  1.5

shard  from      members                  leader  here           term  commit  applied  revision
    1  00000000  1 2:away 3:learner,-120  1       leader, quiet  4     9       9        7
    2  80000000  ?                        ?       -

Ready.
`,
  );
  const json = JSON.parse((await runCli(['status', '--json', '--node', node.url])).out);
  t.match(json, { url: node.url, ready: { status: 'ready' }, nodes: [{ node: 1 }, { node: 2 }] });
});

t.test('exit code 1 and the reasons when the node is not ready', async (t) => {
  const checks = [
    { name: 'disk', ok: true, detail: 'fine' },
    { name: 'shards', ok: false, detail: 'shard 2 has no leader' },
  ];
  const node = await fakeNode(t, ({ path = '' }, response) => {
    const body = answers[path];
    sendJson(response, body ? 200 : 503, body ?? { ...readyBody, status: 'not_ready', checks });
  });
  const ended = await runCli(['status', '--node', node.url]);
  t.equal(ended.code, 1);
  t.match(ended.out, 'Not ready:\n  shards: shard 2 has no leader\n');
  t.notMatch(ended.out, 'disk');
});

t.test('something else listens there', async (t) => {
  const node = await fakeNode(t, (_request, response) => response.end('<html>'));
  const ended = await runCli(['status', '--node', node.url]);
  t.match(ended, { code: 1, err: /not a Kvorum node/ });
  const refusing = await fakeNode(t, (_request, response) => sendJson(response, 403, {}));
  t.match(await runCli(['status', '--node', refusing.url]), { code: 1, err: /403/ });
});
