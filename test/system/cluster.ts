/**
 * A cluster of real `kvorum start` processes on this machine, with real disks and a proxy on every
 * link when asked for. Everything is torn down with the test, also when that fails; then the logs'
 * ends are printed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../jepsen-lite/cluster/free-ports.js';
import { LinkProxy } from '../../jepsen-lite/cluster/link-proxy.js';
import { endNodesOnSignals, NodeProcess } from '../../jepsen-lite/cluster/node-process.js';
import { eventually } from './eventually.js';
import { HttpClient } from './http-client.js';

/** Whoever starts a cluster and ends it: a tap test, or a benchmark. */
export interface ClusterOwner {
  teardown(close: () => Promise<void>): void;
  passing(): boolean;
  comment(text: string): void;
}

export interface ClusterOptions {
  readonly nodes?: number;
  readonly shards?: number;
  readonly replicas?: 1 | 3 | 5;
  /** A proxy on each directed link; needed for `link`, `isolate` and `heal`. */
  readonly proxies?: boolean;
  readonly segmentBytes?: number;
  /** The program and what stands before `start`; the built `kvorum` by default. */
  readonly program?: readonly string[];
}

endNodesOnSignals();

const root = fileURLToPath(new URL('../../..', import.meta.url));
const launcher = join(root, 'bin', 'kvorum.js');
const readyTimeoutMs = 20_000;
const logCharactersShown = 4_000;

interface Place {
  readonly id: number;
  readonly folder: string;
  readonly httpPort: number;
  readonly peerPort: number;
}

export class Cluster {
  readonly ids: readonly number[];
  readonly shards: number;
  readonly secret = 'a-secret-of-the-tests';
  readonly #options: ClusterOptions;
  /** Not the test's own folder: that one may go while nodes still run in it. */
  readonly #folder: string;
  readonly #places: ReadonlyMap<number, Place>;
  readonly #links = new Map<string, LinkProxy>();
  readonly #processes = new Map<number, NodeProcess>();
  readonly #clients = new Map<number, HttpClient>();

  private constructor(options: ClusterOptions, folder: string, places: readonly Place[]) {
    this.#folder = folder;
    this.#options = options;
    this.shards = options.shards ?? 12;
    this.#places = new Map(places.map((place) => [place.id, place]));
    this.ids = places.map((place) => place.id);
  }

  /** Starts all nodes and waits until every one is ready. */
  static async start(t: ClusterOwner, options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = await Cluster.prepare(t, options);
    for (const id of cluster.ids) cluster.startNode(id);
    await cluster.ready();
    return cluster;
  }

  /** Folders, ports and proxies, and no process yet. */
  static async prepare(t: ClusterOwner, options: ClusterOptions = {}): Promise<Cluster> {
    const count = options.nodes ?? 3;
    const folder = mkdtempSync(join(root, 'build', 'system-test-'));
    const ports = await freePorts(2 * count);
    const places = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      folder: join(folder, `node-${index + 1}`),
      httpPort: ports[2 * index] ?? 0,
      peerPort: ports[2 * index + 1] ?? 0,
    }));
    const cluster = new Cluster(options, folder, places);
    t.teardown(() => cluster.#close(t));
    if (options.proxies === true) await cluster.#openProxies();
    return cluster;
  }

  place(id: number): Place {
    const place = this.#places.get(id);
    if (place === undefined) throw new Error(`there is no node ${id}`);
    return place;
  }

  process(id: number): NodeProcess {
    const process = this.#processes.get(id);
    if (process === undefined) throw new Error(`node ${id} was never started`);
    return process;
  }

  origin(id: number): string {
    return `http://127.0.0.1:${this.place(id).httpPort}`;
  }

  client(id: number): HttpClient {
    const client = this.#clients.get(id) ?? new HttpClient(this.origin(id));
    this.#clients.set(id, client);
    return client;
  }

  /** For a Workload. */
  targets(ids: readonly number[] = this.ids): { id: number; origin: string }[] {
    return ids.map((id) => ({ id, origin: this.origin(id) }));
  }

  startNode(id: number): NodeProcess {
    return this.startWith(id, this.startArguments(id));
  }

  /** Starts the node with other arguments than its own. */
  startWith(id: number, args: readonly string[]): NodeProcess {
    if (this.#processes.get(id)?.running === true) throw new Error(`node ${id} is running`);
    const [program = '', ...before] = this.#options.program ?? [process.execPath, launcher];
    const started = new NodeProcess(program, [...before, ...args]);
    this.#processes.set(id, started);
    return started;
  }

  startArguments(id: number): string[] {
    const { folder, httpPort, peerPort } = this.place(id);
    const { replicas = 3, segmentBytes = 4 * 1024 * 1024 } = this.#options;
    const nodes = [...this.#places.values()].flatMap((place) => [
      '--node',
      `${place.id}@127.0.0.1:${place.peerPort}`,
    ]);
    const proxied = this.ids.flatMap((to) => {
      const link = this.#links.get(`${id}>${to}`);
      return link === undefined ? [] : ['--peer-address', `${to}=127.0.0.1:${link.port}`];
    });
    return [
      'start',
      ...['--node-id', `${id}`, '--cluster-id', 'system-test', '--dir', folder],
      ...['--http', `127.0.0.1:${httpPort}`, '--peer', `127.0.0.1:${peerPort}`],
      ...nodes,
      ...proxied,
      ...['--shards', `${this.shards}`, '--replicas', `${replicas}`, '--secret', this.secret],
      ...['--segment-bytes', `${segmentBytes}`, '--log-level', 'info'],
    ];
  }

  /** Waits until a node answers at all. */
  async listens(id: number): Promise<void> {
    await eventually(`node ${id} listens`, async () => {
      const { status } = await this.client(id).request('GET', '/livez', { timeoutMs: 2_000 });
      return status;
    });
  }

  /** Waits until the nodes answer /readyz with 200. */
  async ready(ids: readonly number[] = this.ids, timeoutMs = readyTimeoutMs): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        let last = 'no answer';
        const isReady = async () => {
          const { exit, log } = this.process(id);
          if (exit !== undefined) return `it ended with ${JSON.stringify(exit)}\n${log}`;
          const answer = await this.client(id).request('GET', '/readyz', { timeoutMs: 2_000 });
          if (answer.status !== undefined) last = `${answer.status} ${answer.body}`;
          return answer.status === 200 ? '' : undefined;
        };
        const ended = await eventually(`node ${id} becomes ready`, isReady, timeoutMs).catch(
          (error: unknown) => `${String(error)}; last: ${last}`,
        );
        if (ended !== '') throw new Error(`node ${id} is not ready: ${ended}`);
      }),
    );
  }

  /** kill -9, and waits for the end. */
  async kill(...ids: number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.process(id).kill()));
  }

  async restart(...ids: number[]): Promise<void> {
    for (const id of ids) this.startNode(id);
    await this.ready(ids);
  }

  link(from: number, to: number): LinkProxy {
    const link = this.#links.get(`${from}>${to}`);
    if (link === undefined) throw new Error('the cluster was started without proxies');
    return link;
  }

  /** Every link between the given nodes and the others, in both directions. */
  linksAround(ids: readonly number[]): LinkProxy[] {
    const others = this.ids.filter((id) => !ids.includes(id));
    return ids.flatMap((id) =>
      others.flatMap((other) => [this.link(id, other), this.link(other, id)]),
    );
  }

  heal(): void {
    for (const link of this.#links.values()) link.heal();
  }

  /** Which node leads each shard, as the given node knows; undefined entries are left out. */
  async leaders(asked: number): Promise<Map<number, number>> {
    const answer = await this.client(asked).request('GET', '/admin/v1/shards');
    const { shards } = JSON.parse(answer.body.toString('utf8')) as {
      shards: { shard: number; leader: number | null }[];
    };
    return new Map(
      shards.flatMap(({ shard, leader }) => (typeof leader === 'number' ? [[shard, leader]] : [])),
    );
  }

  /**
   * Waits until a node leads no shard and knows no leader of any. Until then it may have proposed
   * what it cannot commit, and answers `unknown`; from then on it must refuse.
   */
  async lacksMajority(id: number): Promise<void> {
    await eventually(`node ${id} knows no leader of any shard`, async () => {
      const answer = await this.client(id).request('GET', '/admin/v1/shards');
      const { shards } = JSON.parse(answer.body.toString('utf8')) as {
        shards: { leader: number | null; replica: { role: string } | null }[];
      };
      const lost = shards.every(
        ({ leader, replica }) => leader === null && replica?.role !== 'leader',
      );
      return lost || undefined;
    });
    const { body } = await this.client(id).request('GET', '/readyz');
    const { shards_without_majority: shards } = JSON.parse(body.toString('utf8')) as {
      shards_without_majority: number[];
    };
    if (shards.length !== this.shards) throw new Error(`/readyz names shards ${shards}`);
  }

  async #openProxies(): Promise<void> {
    for (const from of this.ids) {
      for (const to of this.ids) {
        if (from === to) continue;
        this.#links.set(`${from}>${to}`, await LinkProxy.open(this.place(to).peerPort));
      }
    }
  }

  async #close(t: ClusterOwner): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    await Promise.all([...this.#processes.values()].map((process) => process.kill()));
    await Promise.all([...this.#links.values()].map((link) => link.close()));
    rmSync(this.#folder, { recursive: true, force: true });
    if (t.passing()) return;
    for (const [id, { log }] of this.#processes) {
      t.comment(`the end of node ${id}'s log:\n${log.slice(-logCharactersShown)}`);
    }
  }
}
