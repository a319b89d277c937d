/**
 * Members and leaderships changed by an operator, over HTTP and on real processes, under a light
 * load: no acknowledged write is lost, and no read is stale.
 */
import t, { type Test } from 'tap';
import { Cluster } from './cluster.js';
import { eventually } from './eventually.js';
import { servesAgain } from './serving.js';
import { Workload } from './workload.js';

const shard = 1;
const timeoutMs = 40_000;

interface Member {
  readonly node: number;
  readonly role: string;
}

interface Shard {
  readonly epoch: { readonly members: number };
  readonly leader: number | null;
  readonly members: readonly Member[];
  readonly replica: { readonly role: string } | null;
}

class Operator {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async shard(at: number): Promise<Shard> {
    const { body } = await this.#cluster.client(at).request('GET', `/admin/v1/shards/${shard}`);
    return JSON.parse(body.toString('utf8')) as Shard;
  }

  /** Asks until it is done: a request that was refused because of an election is asked again. */
  async change(at: number, request: object): Promise<readonly Member[]> {
    return eventually(
      JSON.stringify(request),
      async () => {
        const answer = await this.#post(at, 'members', request);
        if (answer.status === 200) return (answer.json as { members: Member[] }).members;
        if (answer.status === 202 || answer.status === 503) return undefined;
        throw new Error(`${answer.status} ${JSON.stringify(answer.json)}`);
      },
      timeoutMs,
    );
  }

  transfer(at: number, to: number) {
    return this.#post(at, 'transfer-leader', { to });
  }

  async refused(at: number, request: object) {
    const { status, json } = await this.#post(at, 'members', request);
    return { status, ...json };
  }

  async #post(at: number, route: string, request: object) {
    const path = `/admin/v1/shards/${shard}/${route}`;
    const headers = { 'content-type': 'application/json', 'kvorum-timeout': '10s' };
    const body = JSON.stringify(request);
    const client = this.#cluster.client(at);
    const answer = await client.request('POST', path, { body, headers, timeoutMs: 15_000 });
    const text = answer.body.toString('utf8');
    return { status: answer.status, json: text === '' ? {} : (JSON.parse(text) as object) };
  }
}

async function underLoad(t: Test) {
  const cluster = await Cluster.start(t, { nodes: 5, shards: 3, replicas: 3 });
  const load = { writersPerNode: 1, readersPerNode: 1, pauseMs: 20, timeoutMs: 6_000 };
  const workload = new Workload({ nodes: cluster.targets(), ...load });
  t.teardown(() => workload.close());
  workload.start();
  await eventually('a load', () => workload.history.count('ok') > 100 || undefined);
  const operator = new Operator(cluster);
  const { members } = await operator.shard(1);
  const held = members.map(({ node }) => node);
  const spare = cluster.ids.filter((id) => !held.includes(id));
  const leader = () =>
    eventually('a leader', async () => (await operator.shard(spare[1] ?? 1)).leader ?? undefined);
  return { cluster, workload, operator, held, spare, leader };
}

const votersOf = (members: readonly Member[]) =>
  members.filter(({ role }) => role === 'voter').map(({ node }) => node);

t.test('add, lead, replace a killed node, remove the leader, under load', async (t) => {
  const { cluster, workload, operator, held, spare, leader } = await underLoad(t);
  const [first = 0, second = 0] = spare;

  const added = await operator.change(second, { action: 'add', node: first });
  t.same(new Set(votersOf(added)), new Set([...held, first]), 'added, from a node without a copy');
  const transferred = await operator.transfer(second, first);
  t.match(transferred, { status: 200, json: { state: 'done', leader: first } });

  const [gone = 0, dead = 0, kept = 0] = held;
  const smaller = await operator.change(second, { action: 'remove', node: gone });
  t.same(new Set(votersOf(smaller)), new Set([dead, kept, first]));

  await cluster.kill(dead);
  const replaced = await operator.change(second, { action: 'replace', node: dead, by: second });
  t.same(new Set(votersOf(replaced)), new Set([kept, first, second]), 'the killed one is replaced');
  await servesAgain(cluster, workload, [gone, kept, first, second]);

  const old = await leader();
  const without = await operator.change(old, { action: 'remove', node: old });
  t.notOk(votersOf(without).includes(old), 'the leader is removed');
  await eventually('another leader', async () => (await leader()) !== old || undefined);
  await operator.change(first === old ? second : first, { action: 'add', node: gone });

  cluster.startNode(dead);
  // All members that it knew may have moved: it asks around from time to time.
  await cluster.ready(cluster.ids, timeoutMs);
  await eventually('the replaced replica is gone', async () => {
    return (await operator.shard(dead)).replica === null || undefined;
  });
  await workload.stop();
  t.comment(`${workload.history.count('ok')} writes acknowledged`);
  t.same(await workload.verify(), []);
});

t.test('a wrong request is answered with the reason', async (t) => {
  const cluster = await Cluster.start(t, { nodes: 3, shards: 3 });
  const operator = new Operator(cluster);
  const { epoch } = await operator.shard(1);
  for (const [request, expected] of [
    [
      { action: 'add', node: 9 },
      { status: 404, code: 'node_not_found' },
    ],
    [{ action: 'remove', node: 1, expected_epoch: epoch.members + 1 }, { status: 412 }],
    [
      { action: 'replace', node: 1, by: 2 },
      { status: 409, code: 'wrong_role' },
    ],
    [
      { action: 'add', node: 2, voter: true },
      { status: 400, parameter: 'voter' },
    ],
    [
      { action: 'remove', node: 1, dry_run: true },
      { status: 200, state: 'planned' },
    ],
  ] as const) {
    t.match(await operator.refused(2, request), expected, JSON.stringify(request));
  }
  t.equal((await operator.shard(1)).epoch.members, epoch.members, 'nothing has changed');
});
