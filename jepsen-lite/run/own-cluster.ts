/** A cluster of real nodes on this machine, for the time of a run. Its folder stays afterwards. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.js';
import { HarnessError } from './harness-error.js';
import { OwnNode } from './own-node.js';

const readyMsMax = 60_000;
const pollMs = 100;
const logCharactersShown = 2_000;

export class OwnCluster {
  readonly nodes: readonly OwnNode[];

  private constructor(nodes: readonly OwnNode[]) {
    this.nodes = nodes;
  }

  get endpoints(): readonly string[] {
    return this.nodes.map(({ endpoint }) => endpoint);
  }

  /** What ended although nobody had asked for it. */
  get crashes(): readonly string[] {
    return this.nodes.flatMap(({ crashes }) => crashes);
  }

  static async start(options: {
    readonly nodes: number;
    readonly shards: number;
    readonly dir: string;
  }): Promise<OwnCluster> {
    const { nodes: count, shards, dir } = options;
    mkdirSync(dir, { recursive: true });
    const ports = await freePorts(2 * count);
    const places = Array.from({ length: count }, (_, i) => ({
      id: i + 1,
      http: `127.0.0.1:${ports[2 * i]}`,
      peer: `127.0.0.1:${ports[2 * i + 1]}`,
    }));
    const members = places.flatMap(({ id, peer }) => ['--node', `${id}@${peer}`]);
    const shared = ['--cluster-id', 'jepsen-lite', '--secret', 'of-this-run-only', ...members];
    const replicas = count < 3 ? 1 : 3;
    const sizes = ['--shards', `${shards}`, '--replicas', `${replicas}`];
    const cluster = new OwnCluster(
      places.map(({ id, http, peer }) => {
        const own = ['--node-id', `${id}`, '--dir', join(dir, `node-${id}`)];
        const addresses = ['--http', http, '--peer', peer];
        return new OwnNode({
          id,
          endpoint: `http://${http}`,
          args: ['start', ...own, ...addresses, ...shared, ...sizes],
          logFile: join(dir, `node-${id}.log`),
        });
      }),
    );
    for (const node of cluster.nodes) node.start();
    await cluster.#becomeReady();
    return cluster;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #becomeReady(): Promise<void> {
    const endMs = performance.now() + readyMsMax;
    for (;;) {
      const ready = await Promise.all(this.nodes.map((node) => node.ready()));
      if (ready.every(Boolean)) return;
      const late = performance.now() > endMs;
      const missing = this.nodes.find((node, i) => !ready[i] && (late || !node.running));
      if (missing !== undefined) {
        await Promise.all(this.nodes.map((node) => node.kill()));
        const log = missing.logEnd(logCharactersShown);
        throw new HarnessError(`node ${missing.id} did not become ready:\n${log}`);
      }
      await sleep(pollMs);
    }
  }
}
