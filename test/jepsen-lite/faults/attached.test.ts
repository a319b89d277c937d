/**
 * A cluster that others run: faults that need nothing but its HTTP ports take hold of it and are
 * undone, all others are refused before anything is tried.
 */
import { join } from 'node:path';
import t from 'tap';
import { runCommandLine } from '../../../jepsen-lite/cli/main.js';
import { startCluster } from '../../../jepsen-lite/cluster/own-cluster.js';
import type { FaultKind } from '../../../jepsen-lite/faults/fault.js';
import { drawFault, faultKinds } from '../../../jepsen-lite/faults/faults.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';

t.setTimeout(120_000);

const ours = faultKinds.filter(({ needs }) => needs === 'own').map(({ name }) => name);
const remote = faultKinds.filter(({ needs }) => needs !== 'own');
/** With these the three faults below all have their turn early. */
const seed = 11;

async function run(...args: string[]) {
  const [told, printed]: [string[], string[]] = [[], []];
  const exit = await runCommandLine(['run', ...args], {
    tell: (line) => told.push(line),
    print: (line) => printed.push(line),
    signal: new AbortController().signal,
  });
  return { exit, told: told.join('\n'), printed: printed.join('\n') };
}

t.test('what only an owner may break is refused, whatever it is named with', async (t) => {
  // Nobody listens there: a refusal that came too late would be a failure of the harness.
  const attached = ['--endpoint', 'http://127.0.0.1:1', '--out', join(t.testdir(), 'results')];
  for (const name of ours) {
    const { exit, told } = await run(...attached, '--nemesis', `hot-key,${name}`);
    t.match({ exit, told }, { exit: 254, told: new RegExp(`${name} is refused: .* not ours`) });
  }
  for (const name of ['transfer', 'members', 'hot-key', 'large-values']) {
    const { exit, told } = await run(...attached, '--adapter', 'etcd', '--nemesis', name);
    t.match({ exit, told }, { exit: 254, told: /other products lack/ }, name);
  }
  const { exit, told } = await run(...attached, '--nemesis', 'members');
  t.match({ exit, told }, { exit: 254, told: /members is refused: it needs at least 3 nodes/ });
});

t.test('what needs nothing but HTTP takes hold, is undone, and fits into a run', async (t) => {
  const dir = t.testdir();
  const cluster = await startCluster({ nodes: 3, shards: 2, dir: join(dir, 'cluster') });
  t.teardown(() => cluster.destroy());
  const { endpoints } = cluster;
  // No cluster is handed over: a fault has the addresses and nothing else.
  const draw = (kind: FaultKind) =>
    drawFault(kind, { endpoints, isKvorum: true }, new RandomStream(7, kind.name));
  await Promise.all(
    remote.map(async (kind) => t.equal(await draw(kind).probe(), false, `no ${kind.name} before`)),
  );
  for (const kind of remote) {
    const fault = draw(kind);
    try {
      const words = await fault.start();
      t.equal(await fault.probe(), true, words);
    } finally {
      t.comment(`${kind.name}: ${await fault.stop()}`);
    }
  }
  t.same(await votersOf(endpoints, 2), [3, 3], 'every member has its vote again');
  t.equal(await statusOf(`${endpoints[0]}/v1/kv/jepsen-lite.load.0`), 404, 'load is removed');

  const named = ['transfer', 'members', 'hot-key'];
  const { exit, told, printed } = await run(
    ...endpoints.flatMap((endpoint) => ['--endpoint', endpoint]),
    ...['--nemesis', named.join(), '--workload', 'register,kv', '--time', '14s'],
    ...['--seed', `${seed}`, '--out', join(dir, 'results'), '--json'],
  );
  t.equal(exit, 0, told.slice(-3_000));
  const { faults } = JSON.parse(printed);
  for (const name of named) {
    t.ok(
      faults.find((one: { name: string; verified: number }) => one.name === name)?.verified,
      name,
    );
  }
  t.same(cluster.crashes, []);
});

async function votersOf(endpoints: readonly string[], shards: number): Promise<number[]> {
  const counts: number[] = [];
  for (let shard = 1; shard <= shards; shard += 1) {
    const answer = await fetch(`${endpoints[0]}/admin/v1/shards/${shard}`);
    const { members } = (await answer.json()) as { members: { role: string }[] };
    counts.push(members.filter(({ role }) => role === 'voter').length);
  }
  return counts;
}

async function statusOf(url: string): Promise<number> {
  const { status, body } = await fetch(url);
  await body?.cancel();
  return status;
}
