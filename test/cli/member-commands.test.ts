import t from 'tap';
import { runCli } from './command-line.js';
import { nodesBody, shardsBody } from './fake-answers.js';
import { type FakeNode, fakeNode, sendJson, sendProblem, unusedPort } from './fake-nodes.js';

type Test = Parameters<typeof fakeNode>[0];

const members = [
  { node: 1, replica: 1, role: 'voter', progress: null, snapshot: null },
  {
    node: 4,
    replica: 5,
    role: 'learner',
    progress: { state: 'replicate', match: 80, lag: 20, active: true },
    snapshot: null,
  },
];

const done = {
  shard: 3,
  state: 'done',
  changed: true,
  detail: 'Node 4 is a voter.',
  steps: [{ step: 'add-learner', node: 4, state: 'done', detail: '' }],
  epoch: 7,
  members,
};

const running = { ...done, state: 'running', detail: 'Node 4 lacks 20 entries.' };

/** Answers each request with the next of these, the last one for ever. */
function answering(t: Test, ...answers: { status: number; body: object }[]): Promise<FakeNode> {
  let next = 0;
  return fakeNode(t, (_request, response) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    if (answer === undefined || answer.status >= 400) {
      sendProblem(response, { status: answer?.status, ...answer?.body });
    } else sendJson(response, answer.status, answer.body);
  });
}

const change = (node: FakeNode, ...args: string[]) =>
  runCli(['admin', 'members', ...args, '--node', node.url]);

const bodies = (node: FakeNode) =>
  node.received.map(({ body }) => JSON.parse(body.toString('utf8')) as unknown);

t.test('a change is asked for as it was meant', async (t) => {
  const node = await answering(t, { status: 200, body: done });
  await change(node, 'add', '3', '4');
  await change(node, 'add', '3', '4', '--learner', '--force', '--dry-run', '--expect-epoch', '6');
  await change(node, 'promote', '3', '4');
  await change(node, 'demote', '3', '4');
  await change(node, 'remove', '3', '4');
  await change(node, 'replace', '3', '2', '5', '--force');
  t.same(bodies(node), [
    { action: 'add', node: 4 },
    { action: 'add', node: 4, learner: true, force: true, dry_run: true, expected_epoch: 6 },
    { action: 'promote', node: 4 },
    { action: 'demote', node: 4 },
    { action: 'remove', node: 4 },
    { action: 'replace', node: 2, by: 5, force: true },
  ]);
  for (const { method, path, headers } of node.received) {
    t.same([method, path], ['POST', '/admin/v1/shards/3/members']);
    t.equal(headers['content-type'], 'application/json');
  }
});

t.test('done: what is so now', async (t) => {
  const node = await answering(t, { status: 200, body: done });
  const ended = await change(node, 'add', '3', '4');
  t.equal(ended.code, 0);
  t.equal(
    ended.out,
    `Done. Node 4 is a voter.

node  replica  role     state      match  lag  heard  snapshot
   1        1  voter
   4        5  learner  replicate  80     20   yes

Membership epoch 7.
`,
  );
  t.same(JSON.parse((await change(node, 'add', '3', '4', '--json')).out), done);
  const before = await answering(t, { status: 200, body: { ...done, changed: false } });
  t.match((await change(before, 'add', '3', '4')).out, 'Nothing to do. Node 4 is a voter.');
});

t.test('what takes its time is asked for again, without the epoch, until it is done', async (t) => {
  const node = await answering(
    t,
    { status: 202, body: running },
    { status: 202, body: running },
    { status: 200, body: done },
  );
  const ended = await change(node, 'add', '3', '4', '--expect-epoch', '6');
  t.match(ended, { code: 0, err: 'Node 4 lacks 20 entries.\n', out: /^Done/ });
  const plain = { action: 'add', node: 4 };
  t.same(bodies(node), [{ ...plain, expected_epoch: 6 }, plain, plain]);
});

t.test(
  'when the waiting is over it is said that the leader goes on, with exit code 6',
  async (t) => {
    const node = await answering(t, { status: 202, body: running });
    const ended = await change(node, 'add', '3', '4', '--wait', '0s');
    t.match(ended, { code: 6, out: /^Not done yet. Node 4 lacks 20 entries.\n {2}add-learner of/ });
    t.equal(node.received.length, 1);
  },
);

t.test('a dry run lists the steps', async (t) => {
  const step = { step: 'add-learner', node: 4, state: 'waiting', detail: '' };
  const planned = { ...done, state: 'planned', changed: false, detail: 'x', steps: [step] };
  const node = await answering(t, { status: 200, body: planned });
  const ended = await change(node, 'add', '3', '4', '--dry-run');
  t.match(ended, { code: 0, out: /^Would be done. x\n {2}add-learner of node 4: waiting\n/ });
});

t.test('a refusal is told with its reason, and ends with the code of its kind', async (t) => {
  const cases = [
    { status: 409, code: 'quorum_at_risk', outcome: 'not_applied', exit: 1 },
    { status: 412, code: 'epoch_mismatch', outcome: 'not_applied', exit: 4 },
    { status: 404, code: 'shard_not_found', outcome: 'not_applied', exit: 1 },
    { status: 503, code: 'no_leader', outcome: 'not_applied', exit: 5 },
    { status: 504, code: 'outcome_unknown', outcome: 'unknown', exit: 6 },
  ];
  for (const { exit, ...problem } of cases) {
    const body = { ...problem, detail: 'the reason' };
    const node = await answering(t, { status: problem.status, body });
    const ended = await change(node, 'remove', '3', '4');
    t.equal(ended.code, exit, problem.code);
    t.match(ended.err, `${problem.code}: the reason`);
    const json = JSON.parse((await change(node, 'remove', '3', '4', '--json')).out);
    t.match(json, { problem: { code: problem.code } });
  }
});

t.test('an answer that was lost: another node is asked, unless an epoch binds it', async (t) => {
  const lost = await fakeNode(t, (_request, response) => response.destroy());
  const node = await answering(t, { status: 200, body: done });
  const both = ['--node', lost.url, '--node', node.url];
  const args = ['admin', 'members', 'add', '3', '4', ...both];
  t.equal((await runCli(args)).code, 0);
  t.match(await runCli([...args, '--expect-epoch', '6']), { code: 6, err: /may or may not/ });
});

t.test('wrong operands are wrong usage, and nothing is asked', async (t) => {
  const node = await answering(t, { status: 200, body: done });
  for (const [args, words] of [
    [['add', 'x', '4'], /SHARD is "x"/],
    [['add', '3', '0'], /NODE is "0"; it must be a whole number from 1 to 65535/],
    [['replace', '3', '2', '70000'], /BY is "70000"/],
    [['remove', '3', '4', '--wait', '5'], /--wait is "5"/],
    [['remove', '3', '4', '--expect-epoch', '-1'], /expect-epoch/],
  ] as const) {
    t.match(await change(node, ...args), { code: 2, err: words }, args.join(' '));
  }
  t.equal(node.received.length, 0);
});

t.test('a transfer: to a node, to the best, only to look', async (t) => {
  const transferred = {
    ...{ shard: 3, state: 'done', changed: true, leader: 2, term: 8 },
    detail: 'Node 2 leads the shard.',
  };
  const node = await answering(t, { status: 200, body: transferred });
  const transfer = (...args: string[]) =>
    runCli(['admin', 'transfer-leader', ...args, '--node', node.url]);
  t.match(await transfer('3', '2'), { code: 0, out: 'Node 2 leads the shard.\n' });
  t.same(JSON.parse((await transfer('3', '--json')).out), transferred);
  await transfer('3', '--dry-run');
  t.same(bodies(node), [{ to: 2 }, { to: 'best' }, { to: 'best', dry_run: true }]);
  t.equal(node.received[0]?.path, '/admin/v1/shards/3/transfer-leader');
  t.match(await transfer('3', 'x'), { code: 2, err: /NODE is "x"/ });
});

t.test('the list comes from the leader, as far as it can be asked', async (t) => {
  const [shard] = shardsBody.shards;
  const seen = { ...shard, leader: 2, members };
  const leader = await fakeNode(t, (_request, response) =>
    sendJson(response, 200, { ...seen, epoch: { range: 1, members: 9 }, changing: true }),
  );
  const follower = (leaderUrl: string) =>
    fakeNode(t, ({ path }, response) => {
      const [one, two] = nodesBody.nodes;
      const address = leaderUrl.replace('http://', '');
      const nodes = { ...nodesBody, nodes: [one, { ...two, http_address: address }] };
      sendJson(response, 200, path === '/admin/v1/nodes' ? nodes : seen);
    });
  const near = await follower(leader.url);
  const ended = await runCli(['admin', 'members', 'list', '1', '--node', near.url]);
  t.equal(ended.code, 0);
  t.match(
    ended.out,
    /^Shard 1: node 2 leads, membership epoch 9, a change of the members is under/,
  );
  t.match(ended.out, '   4        5  learner  replicate  80     20   yes\n');

  const alone = await follower(`http://127.0.0.1:${await unusedPort()}`);
  const fallback = await runCli(['admin', 'members', 'list', '1', '--node', alone.url, '--json']);
  t.match(JSON.parse(fallback.out), { leader: 2, epoch: { members: 1 } });
  const missing = await answering(t, { status: 404, body: { code: 'shard_not_found' } });
  t.equal((await runCli(['admin', 'members', 'list', '9', '--node', missing.url])).code, 1);
});
