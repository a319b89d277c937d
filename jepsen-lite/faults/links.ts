/** Links between nodes that are slow or break again and again, and still deliver. */
import type { LinkProxy } from '../cluster/link-proxy.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { RandomStream } from '../workloads/random-stream.js';
import type { Fault, OwnFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { whileWriting } from './traffic.js';
import { someLinks } from './victims.js';

const lane = 'network';
const needs = 'own';
const noticedMsMax = 4_000;
const delayMs = { mean: 50, spread: 10 };
const lowBytesPerSecond = 1_000_000 / 8;
const resetEveryMs = 150;

function delay(cluster: OwnCluster, random: RandomStream): Fault {
  const { mean, spread } = delayMs;
  const draw = () => random.between(mean - spread, mean + spread);
  const what = `${mean} ± ${spread} ms later`;
  return slowed(cluster, random, { name: 'delay', what, apply: (link) => link.delay(draw) });
}

function lowRate(cluster: OwnCluster, random: RandomStream): Fault {
  const apply = (link: LinkProxy) => link.limitRate(lowBytesPerSecond);
  return slowed(cluster, random, { name: 'low-rate', what: 'at 1 Mbit/s', apply });
}

function slowed(
  cluster: OwnCluster,
  random: RandomStream,
  how: {
    readonly name: string;
    readonly what: string;
    readonly apply: (link: LinkProxy) => void;
  },
): Fault {
  const { words, links } = someLinks(cluster, random);
  let begun = false;
  return {
    name: how.name,
    async start() {
      begun = true;
      for (const link of links) how.apply(link);
      return `${words} deliver ${how.what}`;
    },
    /** At some moment something was on its way. */
    probe: () =>
      whileWriting(cluster.nodes, () =>
        becomes(() => begun && links.some(({ heldBytes }) => heldBytes > 0), noticedMsMax),
      ),
    async stop() {
      for (const link of links) link.heal();
      return `${words} are fast again`;
    },
  };
}

/** Connections end with a TCP reset, wherever they are in what they say. */
function resets(cluster: OwnCluster, random: RandomStream): Fault {
  const { words, links } = someLinks(cluster, random);
  const doors = cluster.nodes.map((node) => cluster.door(node));
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    name: 'resets',
    async start() {
      timer = setInterval(() => {
        const link = random.pick([...links, ...doors]);
        count += link.connections;
        link.reset();
      }, resetEveryMs);
      return `connections of ${words} and of clients are reset`;
    },
    probe: () => becomes(() => count > 0, noticedMsMax),
    async stop() {
      clearInterval(timer);
      return `${count} connections were reset`;
    },
  };
}

export const linkFaults: readonly OwnFaultKind[] = [
  {
    name: 'delay',
    lane,
    needs,
    nodesMin: 2,
    does: 'delays what nodes say to each other',
    draw: delay,
  },
  {
    name: 'low-rate',
    lane,
    needs,
    nodesMin: 2,
    does: 'leaves nodes 1 Mbit/s for each other',
    draw: lowRate,
  },
  { name: 'resets', lane, needs, does: 'resets connections of nodes and clients', draw: resets },
];
