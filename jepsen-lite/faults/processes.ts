/** What can be done to processes with signals: they end, stand still, or get little time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { OwnNode } from '../cluster/own-node.js';
import type { RandomStream } from '../workloads/random-stream.js';
import type { Fault, OwnFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { names, oneZone, shuffled, someNodes } from './victims.js';

const lane = 'processes';
const needs = 'own';
/** A node that was paused may still have an answer under way. */
const silentMsMax = 1_500;
/** A node may take as long to stop in order. */
const restartedMsMax = 12_000;
const readyMsMax = 20_000;

type Choose = (nodes: readonly OwnNode[], random: RandomStream) => readonly OwnNode[];

const kill =
  (name: string, choose: Choose): OwnFaultKind['draw'] =>
  (cluster, random) => {
    const victims = choose(cluster.nodes, random);
    return {
      name,
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
  };

function pause(cluster: OwnCluster, random: RandomStream): Fault {
  const victims = someNodes(cluster.nodes, random);
  let paused = false;
  return {
    name: 'pause',
    async start() {
      for (const node of victims) node.pause();
      paused = true;
      return `pause ${names(victims)}`;
    },
    probe: () => becomes(async () => paused && !(await anyAnswers(victims)), silentMsMax),
    async stop() {
      for (const node of victims) node.resume();
      return `resumed ${names(victims)}`;
    },
  };
}

/** Again and again, often before it has become ready. */
function restarts(cluster: OwnCluster, random: RandomStream): Fault {
  const victim = random.pick(cluster.nodes);
  return repeated('restarts', `restart ${victim.name} again and again`, async (ended) => {
    await victim.kill();
    ended();
    await sleep(random.between(0, 150));
    victim.start();
    await sleep(random.between(0, 600));
  });
}

/** One after another, each when the one before serves again. */
function rolling(cluster: OwnCluster, random: RandomStream): Fault {
  const order = shuffled(cluster.nodes, random);
  let next = 0;
  const what = `stop and start ${names(order)} in turn`;
  return repeated('rolling', what, async (ended, over) => {
    const node = order[next++ % order.length];
    if (node === undefined) return;
    await node.stop();
    ended();
    node.start();
    await becomes(async () => over.aborted || (await node.ready()), readyMsMax);
  });
}

/** `once` tells when a node has ended, and leaves it running. */
function repeated(
  name: string,
  what: string,
  once: (ended: () => void, over: AbortSignal) => Promise<void>,
): Fault {
  const over = new AbortController();
  let count = 0;
  let ended: Promise<void> | undefined;
  const repeat = async () => {
    while (!over.signal.aborted) {
      await once(() => {
        count += 1;
      }, over.signal);
    }
  };
  return {
    name,
    async start() {
      ended = repeat();
      return what;
    },
    probe: async () => ended !== undefined && becomes(() => count > 0, restartedMsMax),
    async stop() {
      over.abort();
      await ended;
      return `${count} restarts`;
    },
  };
}

const periodMs = 50;
/** Less than this is left at last. */
const sharePartMin = 0.1;
const shareGrowsMs = 2_000;

/** A node gets less and less of its processor: in each period it stands still for longer. */
function processorShare(cluster: OwnCluster, random: RandomStream): Fault {
  const victim = random.pick(cluster.nodes);
  const over = new AbortController();
  let stops = 0;
  let ended: Promise<void> | undefined;
  const starve = async () => {
    const startMs = performance.now();
    while (!over.signal.aborted) {
      const grown = Math.min(1, (performance.now() - startMs) / shareGrowsMs);
      const stillMs = periodMs * grown * (1 - sharePartMin);
      victim.pause();
      stops += 1;
      await sleep(stillMs);
      victim.resume();
      await sleep(periodMs - stillMs);
    }
  };
  return {
    name: 'cpu',
    async start() {
      ended = starve();
      return `${victim.name} gets less and less of a processor`;
    },
    probe: () => becomes(() => stops > 2 && victim.running, silentMsMax),
    async stop() {
      over.abort();
      await ended;
      victim.resume();
      return `${victim.name} stood still ${stops} times`;
    },
  };
}

async function anyAnswers(nodes: readonly OwnNode[]): Promise<boolean> {
  return (await Promise.all(nodes.map((node) => node.answers()))).some(Boolean);
}

export const processFaults: readonly OwnFaultKind[] = [
  { name: 'kill', lane, needs, does: 'kills nodes with SIGKILL', draw: kill('kill', someNodes) },
  {
    name: 'kill-zone',
    lane,
    needs,
    does: 'kills all nodes of a zone',
    draw: kill('kill-zone', oneZone),
  },
  { name: 'pause', lane, needs, does: 'pauses nodes with SIGSTOP', draw: pause },
  {
    name: 'restarts',
    lane,
    needs,
    does: 'kills and starts a node again and again',
    draw: restarts,
  },
  { name: 'rolling', lane, needs, does: 'restarts all nodes in order, in turn', draw: rolling },
  {
    name: 'cpu',
    lane,
    needs,
    does: 'leaves a node ever less processor time',
    draw: processorShare,
  },
];
