/**
 * A cluster of real nodes on this machine, for the time of a run: what it owns, faults may break.
 * Its folder stays afterwards; its processes, ports and connections do not.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HarnessError } from '../run/harness-error.js';
import { freePorts } from './free-ports.js';
import { LinkProxy } from './link-proxy.js';
import { OwnNode } from './own-node.js';
import { Switchboard } from './switchboard.js';

const readyMsMax = 60_000;
const pollMs = 100;
const logCharactersShown = 2_000;
const zoneNames = ['a', 'b', 'c'];

export interface ClusterOptions {
  readonly nodes: number;
  readonly shards: number;
  readonly dir: string;
  /** A proxy on each directed link between nodes, and one before each HTTP port. */
  readonly proxied?: boolean;
  /** Disks and clocks that can be told to go wrong. */
  readonly shim?: boolean;
}

export async function startCluster(options: ClusterOptions): Promise<OwnCluster> {
  const cluster = await OwnCluster.prepare(options);
  try {
    for (const node of cluster.nodes) node.start();
    await cluster.becomeReady();
    return cluster;
  } catch (error) {
    await cluster.destroy();
    throw error;
  }
}

export class OwnCluster {
  readonly shards: number;
  readonly nodes: readonly OwnNode[];
  /** Where clients go. */
  readonly endpoints: readonly string[];
  /** Undefined when the cluster was started without a shim. */
  readonly switchboard: Switchboard | undefined;
  readonly #links: ReadonlyMap<string, LinkProxy>;

  private constructor(
    shards: number,
    nodes: readonly OwnNode[],
    links: ReadonlyMap<string, LinkProxy>,
    switchboard: Switchboard | undefined,
  ) {
    this.shards = shards;
    this.nodes = nodes;
    this.#links = links;
    this.switchboard = switchboard;
    this.endpoints = nodes.map(({ id, endpoint }) => {
      const door = links.get(doorName(id));
      return door === undefined ? endpoint : `http://127.0.0.1:${door.port}`;
    });
  }

  /** Folders, ports, proxies and switches, and no process yet. */
  static async prepare(options: ClusterOptions): Promise<OwnCluster> {
    const { nodes: count, shards, dir, proxied = false, shim = false } = options;
    mkdirSync(dir, { recursive: true });
    const ports = await freePorts(2 * count);
    const places = Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      zone: zoneNames[i % zoneNames.length] ?? '',
      httpPort: ports[2 * i] ?? 0,
      peerPort: ports[2 * i + 1] ?? 0,
      folder: join(dir, `node-${i + 1}`),
    }));
    const links = proxied ? await openLinks(places) : new Map<string, LinkProxy>();
    const switchboard = shim ? await Switchboard.open() : undefined;
    const members = places.flatMap((place) => [
      '--node',
      `${place.id}@127.0.0.1:${place.peerPort},zone=${place.zone}`,
    ]);
    const shared = ['--cluster-id', 'jepsen-lite', '--secret', 'of-this-run-only', ...members];
    const replicas = count < 3 ? 1 : 3;
    const sizes = ['--shards', `${shards}`, '--replicas', `${replicas}`];
    const nodes = places.map(({ id, zone, httpPort, peerPort, folder }) => {
      const own = ['--node-id', `${id}`, '--dir', folder];
      const addresses = ['--http', `127.0.0.1:${httpPort}`, '--peer', `127.0.0.1:${peerPort}`];
      const detours = places.flatMap(({ id: to }) => {
        const link = links.get(linkName(id, to));
        return link === undefined ? [] : ['--peer-address', `${to}=127.0.0.1:${link.port}`];
      });
      return new OwnNode({
        id,
        zone,
        endpoint: `http://127.0.0.1:${httpPort}`,
        folder,
        args: ['start', ...own, ...addresses, ...detours, ...shared, ...sizes],
        logFile: join(dir, `node-${id}.log`),
        preloads: switchboard === undefined ? [] : [switchboard.preload(id, folder)],
      });
    });
    return new OwnCluster(shards, nodes, links, switchboard);
  }

  /** What ended although nobody had asked for it. */
  get crashes(): readonly string[] {
    return this.nodes.flatMap(({ crashes }) => crashes);
  }

  /** What `from` sends to `to` over connections that `from` opened, and the answers. */
  link(from: OwnNode, to: OwnNode): LinkProxy {
    return this.#proxy(linkName(from.id, to.id));
  }

  /** What clients send to the node. */
  door(node: OwnNode): LinkProxy {
    return this.#proxy(doorName(node.id));
  }

  async becomeReady(): Promise<void> {
    const endMs = performance.now() + readyMsMax;
    for (;;) {
      const ready = await Promise.all(this.nodes.map((node) => node.ready()));
      if (ready.every(Boolean)) return;
      const late = performance.now() > endMs;
      const missing = this.nodes.find((node, i) => !ready[i] && (late || !node.running));
      if (missing !== undefined) {
        const log = missing.logEnd(logCharactersShown);
        throw new HarnessError(`node ${missing.id} did not become ready:\n${log}`);
      }
      await sleep(pollMs);
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.#closeLinks();
  }

  /** At once. */
  async destroy(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.#closeLinks();
  }

  async #closeLinks(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()));
    await this.switchboard?.close();
  }

  #proxy(name: string): LinkProxy {
    const proxy = this.#links.get(name);
    if (proxy === undefined) throw new HarnessError('the cluster was started without proxies');
    return proxy;
  }
}

const linkName = (from: number, to: number) => `${from}>${to}`;
const doorName = (node: number) => `clients>${node}`;

interface Ports {
  readonly id: number;
  readonly httpPort: number;
  readonly peerPort: number;
}

async function openLinks(places: readonly Ports[]): Promise<Map<string, LinkProxy>> {
  const links = new Map<string, LinkProxy>();
  for (const { id, httpPort } of places) {
    links.set(doorName(id), await LinkProxy.open(httpPort));
    for (const { id: to, peerPort } of places) {
      if (id !== to) links.set(linkName(id, to), await LinkProxy.open(peerPort));
    }
  }
  return links;
}
