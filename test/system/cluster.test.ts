/** The harness itself, on stand-ins for nodes; what it says of real ones is worth no more. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { hasSetpriv, NodeProcess } from '../../jepsen-lite/cluster/node-process.js';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { Workload } from './workload.js';

const fakeNode = fileURLToPath(new URL('./fake-node.js', import.meta.url));
const program = [process.execPath, fakeNode];

t.test('starts nodes, kills them, starts them again, and ends them with the test', async (t) => {
  let pids: number[] = [];
  await t.test('a cluster lives as long as its test', async (t) => {
    const cluster = await Cluster.start(t, { program });
    pids = cluster.ids.map((id) => cluster.process(id).pid);
    t.equal(new Set(pids).size, 3);
    t.match(cluster.process(1).log, /fake node 1 listens/);
    t.same(await cluster.process(2).kill(), { code: null, signal: 'SIGKILL' });
    t.throws(() => cluster.startNode(1), /node 1 is running/);
    t.equal((await cluster.client(2).put('k', 'v')).outcome, 'not_applied', 'nobody listens');
    await cluster.restart(2);
    t.equal((await cluster.client(2).put('k', 'v')).outcome, 'ok');
    pids.push(cluster.process(2).pid);
  });
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

t.test('a paused node answers again when it goes on', async (t) => {
  const cluster = await Cluster.start(t, { program, nodes: 1 });
  const node = cluster.process(1);
  const state = () => readFileSync(`/proc/${node.pid}/stat`, 'utf8').split(') ')[1]?.[0];
  node.signal('SIGSTOP');
  await eventually('the node is stopped', () => state() === 'T' || undefined);
  const waiting = await cluster.client(1).put('k', 'v', { timeoutMs: 300 });
  t.equal(waiting.outcome, 'unknown', 'it may still take the request from its socket');
  node.signal('SIGCONT');
  t.equal((await cluster.client(1).put('k', 'w')).outcome, 'ok');
});

t.test('a node that does not start is an error with its output', async (t) => {
  const missing = [process.execPath, `${fakeNode}.missing`];
  const cluster = await Cluster.prepare(t, { program: missing, nodes: 1 });
  cluster.startNode(1);
  await cluster.process(1).ended;
  await t.rejects(cluster.ready([1], 200), /Cannot find module/);
});

t.test('a load on a store that keeps its promises shows no violation', async (t) => {
  const cluster = await Cluster.start(t, { program, nodes: 1 });
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  workload.start();
  await eventually('200 writes', () => workload.history.count('ok') > 200 || undefined);
  await workload.stop();
  t.same(await workload.verify(), []);
  t.ok(workload.history.reads.length > 50);
});

t.test('a load on a store that forgets shows what it forgot', async (t) => {
  const cluster = await Cluster.start(t, { program, nodes: 1 });
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  workload.start();
  await eventually('100 writes', () => workload.history.count('ok') > 100 || undefined);
  await workload.stop();
  await cluster.kill(1);
  await cluster.restart(1);
  const violations = await workload.verify();
  t.match(violations, [/lost-write: a read of w\/.* found nothing/]);
});

t.test('what a process uses can be read', async (t) => {
  const cluster = await Cluster.start(t, { program, nodes: 1 });
  const node = cluster.process(1);
  if (node.processorMs() === undefined) return t.comment('skipped: there is no /proc');
  t.ok((node.processorMs() ?? 0) > 0);
  t.ok((node.residentBytes() ?? 0) > 10e6);
  const environment = readFileSync(`/proc/${node.pid}/environ`, 'utf8');
  t.notMatch(environment, /TAP/, 'the test runner does not reach into nodes');
});

t.test('no node outlives a test process that is killed', async (t) => {
  const moduleUrl = new URL('../../jepsen-lite/cluster/node-process.js', import.meta.url).href;
  for (const signal of ['SIGALRM', 'SIGKILL'] as const) {
    if (signal === 'SIGKILL' && !hasSetpriv) return t.comment('skipped: there is no setpriv');
    const script = `
      import { endNodesOnSignals, NodeProcess } from ${JSON.stringify(moduleUrl)};
      endNodesOnSignals();
      const node = new NodeProcess('sleep', ['1000']);
      console.log('pid', node.pid);
      setInterval(() => {}, 1e6);`;
    const parent = new NodeProcess(process.execPath, ['--input-type=module', '-e', script]);
    t.teardown(() => parent.kill());
    const pid = await eventually('its node runs', () => /pid (\d+)/.exec(parent.log)?.[1]);
    parent.signal(signal);
    await parent.ended;
    await eventually(`the node has ended after ${signal}`, () => {
      try {
        process.kill(Number(pid), 0);
        return undefined;
      } catch {
        return true;
      }
    });
  }
});
