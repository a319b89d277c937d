/**
 * What a cluster uses: next to nothing while idle, a bounded amount of memory under more load than
 * it can carry, and then refusals that say when to come back.
 */
import t from 'tap';
import { Cluster } from './cluster.js';
import { HttpClient } from './http-client.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

/**
 * Per node and second: 20 ticks, and per 100 ms of heartbeats up to four frames that come in;
 * with pings and read rounds 50 to 70 in all. The processor time that
 * this takes depends on what else runs on the machine, so it is told and not compared.
 */
const idleWakeupsMax = 130;
const idleBytesMax = 150 * 1024 * 1024;
const overloadBytesMax = 700 * 1024 * 1024;
const settleMs = 3_000;
const sampleMs = 6_000;

t.test('idle nodes are seldom awake and use under 150 MB each', async (t) => {
  const cluster = await Cluster.start(t);
  const workload = new Workload({ nodes: cluster.targets() });
  t.teardown(() => workload.close());
  await servesAgain(cluster, workload);
  await workload.close();
  if (cluster.process(1).processorMs() === undefined) {
    return t.comment('skipped: there is no /proc');
  }
  await rest(settleMs);
  const used = () =>
    cluster.ids.reduce((sum, id) => sum + (cluster.process(id).processorMs() ?? 0), 0);
  const woken = () => cluster.ids.map((id) => cluster.process(id).wakeups() ?? 0);
  const before = used();
  const wokenBefore = woken();
  const startedMs = performance.now();
  await rest(sampleMs);
  const elapsedMs = performance.now() - startedMs;
  t.comment(
    `${((100 * (used() - before)) / elapsedMs).toFixed(1)} % of one core, all nodes together`,
  );
  woken().forEach((count, index) => {
    const perSecond = Math.round(((count - (wokenBefore[index] ?? 0)) * 1_000) / elapsedMs);
    t.ok(
      perSecond < idleWakeupsMax,
      `node ${cluster.ids[index]} wakes ${perSecond} times a second`,
    );
  });
  for (const id of cluster.ids) {
    const bytes = cluster.process(id).residentBytes() ?? 0;
    t.ok(bytes < idleBytesMax, `node ${id}: ${(bytes / 1e6).toFixed(0)} MB`);
  }
});

t.test('memory is bounded under overload, and refusals say when to come back', async (t) => {
  const cluster = await Cluster.start(t);
  const clients = cluster.ids.map((id) => new HttpClient(cluster.origin(id), 400));
  t.teardown(() => Promise.all(clients.map((client) => client.close())));
  const value = Buffer.alloc(64 * 1024, 'v');
  const endMs = performance.now() + 6_000;
  const told = new Map<string, number>();
  const withoutAdvice: string[] = [];
  let greatest = 0;
  const sampler = setInterval(() => {
    for (const id of cluster.ids) {
      greatest = Math.max(greatest, cluster.process(id).residentBytes() ?? 0);
    }
  }, 100);
  t.teardown(() => clearInterval(sampler));
  const worker = async (client: HttpClient, index: number) => {
    for (let turn = 0; performance.now() < endMs; turn += 1) {
      const answer = await client.put(`${index}-${turn % 20}`, value);
      const kind = `${answer.status ?? answer.code}`;
      told.set(kind, (told.get(kind) ?? 0) + 1);
      const refused = answer.status === 429 || answer.status === 503;
      if (refused && answer.headers['retry-after'] === undefined) withoutAdvice.push(kind);
    }
  };
  const load = clients.flatMap((client) =>
    Array.from({ length: 400 }, (_, index) => worker(client, index)),
  );
  await Promise.all(load);
  t.comment(`answers: ${JSON.stringify([...told])}; greatest: ${(greatest / 1e6).toFixed(0)} MB`);
  t.ok(greatest < overloadBytesMax, `${(greatest / 1e6).toFixed(0)} MB`);
  t.same(withoutAdvice, []);
  t.ok(
    [...told.keys()].some((kind) => kind.startsWith('20')),
    'work was done all the same',
  );
  t.ok(cluster.ids.every((id) => cluster.process(id).running));
  await cluster.ready();
});

function rest(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
