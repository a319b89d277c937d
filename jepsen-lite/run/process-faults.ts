/** What can be done to the processes of an own cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomStream } from '../workloads/random-stream.js';
import type { OwnCluster } from './own-cluster.js';
import type { OwnNode } from './own-node.js';

/** One injection of a fault. */
export interface Fault {
  readonly name: string;
  /** What was done, in words. */
  start(): Promise<string>;
  /** Whether it has taken hold. */
  probe(): Promise<boolean>;
  stop(): Promise<string>;
}

/** Draws whom a fault meets. */
export type FaultKind = (cluster: OwnCluster, random: RandomStream) => Fault;

export const processFaults: Readonly<Record<string, FaultKind>> = {
  kill: (cluster, random) => {
    const victims = drawVictims(cluster, random);
    return {
      name: 'kill',
      async start() {
        await Promise.all(victims.map((node) => node.kill()));
        return `kill ${names(victims)}`;
      },
      probe: async () => !(await anyAnswers(victims)),
      async stop() {
        for (const node of victims) node.start();
        return `started ${names(victims)}`;
      },
    };
  },
  pause: (cluster, random) => {
    const victims = drawVictims(cluster, random);
    return {
      name: 'pause',
      async start() {
        for (const node of victims) node.pause();
        return `pause ${names(victims)}`;
      },
      probe: async () => !(await anyAnswers(victims)),
      async stop() {
        for (const node of victims) node.resume();
        return `resumed ${names(victims)}`;
      },
    };
  },
  restarts: (cluster, random) => {
    const victim = random.pick(cluster.nodes);
    const over = new AbortController();
    let restarts = 0;
    const storm = async () => {
      while (!over.signal.aborted) {
        await victim.kill();
        restarts += 1;
        await sleep(random.between(0, 150));
        victim.start();
        await sleep(random.between(0, 600));
      }
    };
    let ended = Promise.resolve();
    return {
      name: 'restarts',
      async start() {
        ended = storm();
        return `restart ${names([victim])} again and again`;
      },
      async probe() {
        const before = restarts;
        await sleep(stormProbeMs);
        return restarts > before;
      },
      async stop() {
        over.abort();
        await ended;
        return `restarted ${names([victim])} ${restarts} times`;
      },
    };
  },
};

/** Longer than two restarts are apart. */
const stormProbeMs = 1_000;

/** One node, a minority, a majority or all. */
function drawVictims({ nodes }: OwnCluster, random: RandomStream): readonly OwnNode[] {
  const minority = Math.max(1, Math.floor((nodes.length - 1) / 2));
  const count = random.pick([1, 1, 1, minority, minority + 1, nodes.length]);
  const left = [...nodes];
  return Array.from({ length: Math.min(count, nodes.length) }, () => {
    const victim = random.pick(left);
    left.splice(left.indexOf(victim), 1);
    return victim;
  });
}

async function anyAnswers(nodes: readonly OwnNode[]): Promise<boolean> {
  return (await Promise.all(nodes.map((node) => node.answers()))).some(Boolean);
}

function names(nodes: readonly OwnNode[]): string {
  return `{${nodes.map(({ id }) => `n${id}`).join(',')}}`;
}
