/**
 * Throughput while members come and go: a shard is filled, then each of its members is replaced by
 * another node, which takes a snapshot and two membership changes each time, all under a closed
 * loop of puts. The worst second is compared with the mean of all, and with the same load before.
 *
 *   node build/bench/membership.js [--megabytes 64] [--workers 32]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Cluster } from '../test/system/cluster.js';
import { HttpClient } from '../test/system/http-client.js';
import { BenchOwner } from './owner.js';

const { values: flags } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '64' },
    workers: { type: 'string', default: '32' },
  },
});
const filled = Number(flags.megabytes) * 1024 * 1024;
const fillValue = Buffer.alloc(64 * 1024, 'f');
const value = Buffer.alloc(256, 'v');
const quietSeconds = 8;

/** Answers per second of a closed loop. */
class Load {
  readonly perSecond: number[] = [];
  failed = 0;
  readonly #clients: readonly HttpClient[];
  #running = true;
  #workers: Promise<void>[] = [];

  constructor(cluster: Cluster) {
    this.#clients = cluster.ids.map((id) => new HttpClient(cluster.origin(id), 64));
  }

  start(workers: number): void {
    const startedMs = performance.now();
    const work = async (index: number) => {
      const client = this.#clients[index % this.#clients.length];
      for (let turn = 0; this.#running && client !== undefined; turn += 1) {
        const { outcome } = await client.put(`load-${index}-${turn % 100}`, value);
        const second = Math.floor((performance.now() - startedMs) / 1_000);
        if (outcome !== 'ok') this.failed += 1;
        else this.perSecond[second] = (this.perSecond[second] ?? 0) + 1;
      }
    };
    this.#workers = Array.from({ length: workers }, (_, index) => work(index));
  }

  /** Whole seconds between two moments, each with its answers. */
  slice(from: number, to: number): number[] {
    return Array.from({ length: to - from }, (_, i) => this.perSecond[from + i] ?? 0);
  }

  get seconds(): number {
    return this.perSecond.length;
  }

  async close(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers);
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

const owner = new BenchOwner();
await owner.during(async () => {
  const cluster = await Cluster.start(owner, { nodes: 5, shards: 1, replicas: 3 });
  for (let at = 0; at * fillValue.length < filled; at += 1) {
    const { outcome, status } = await cluster.client(1).put(`fill-${at}`, fillValue);
    if (outcome !== 'ok') throw new Error(`filling: ${status}`);
  }
  const load = new Load(cluster);
  owner.teardown(() => load.close());
  load.start(Number(flags.workers));
  await sleep((quietSeconds + 2) * 1_000);
  const before = load.slice(1, 1 + quietSeconds);
  const from = load.seconds;
  const members = await membersOf(cluster);
  const spare = cluster.ids.filter((id) => !members.includes(id));
  for (const node of members.slice(0, 2)) {
    const by = spare.pop() ?? 0;
    const startedMs = performance.now();
    await replace(cluster, { node, by });
    const tookMs = performance.now() - startedMs;
    console.log(`node ${node} replaced by ${by} in ${(tookMs / 1_000).toFixed(1)} s`);
    spare.unshift(node);
  }
  const during = load.slice(from, load.seconds - 1);
  report('before', before);
  report('during', during);
  console.log(`${load.failed} puts failed or were refused`);
});

function report(name: string, seconds: readonly number[]): void {
  const mean = seconds.reduce((sum, count) => sum + count, 0) / seconds.length;
  const worst = Math.min(...seconds);
  const ratio = (worst / mean).toFixed(2);
  console.log(`${name}: mean ${mean.toFixed(0)} puts/s, worst second ${worst} (${ratio})`);
}

async function membersOf(cluster: Cluster): Promise<number[]> {
  const { body } = await cluster.client(1).request('GET', '/admin/v1/shards/1');
  const { members } = JSON.parse(body.toString('utf8')) as { members: { node: number }[] };
  return members.map(({ node }) => node);
}

async function replace(cluster: Cluster, { node, by }: { node: number; by: number }) {
  const body = JSON.stringify({ action: 'replace', node, by });
  const headers = { 'content-type': 'application/json', 'kvorum-timeout': '20s' };
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const { status, body: text } = await cluster
      .client(by)
      .request('POST', '/admin/v1/shards/1/members', { body, headers, timeoutMs: 25_000 });
    if (status === 200) return;
    if (status !== 202 && status !== 503) throw new Error(`${status} ${text}`);
    await sleep(500);
  }
  throw new Error(`node ${node} was not replaced`);
}
