/**
 * Links between nodes that let nothing through. A cut link refuses connections; a silent one keeps
 * what it is given and delivers it when it heals, as TCP does after a partition.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LinkDirection, LinkProxy } from '../cluster/link-proxy.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { OwnNode } from '../cluster/own-node.js';
import type { RandomStream } from '../workloads/random-stream.js';
import { type Fault, NotNow, type OwnFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { leaderView } from './shards.js';
import { names, oneZone, shuffled } from './victims.js';

const lane = 'network';
const needs = 'own';
/** A lost connection is dialled again after a second at most, and pinged each second. */
const noticedMsMax = 4_000;
const quietMs = 300;
const swizzleMsMax = 300;

/** What `from` says to `to` does not arrive. */
export interface Way {
  readonly from: OwnNode;
  readonly to: OwnNode;
}

/** Both ways between each of some nodes and each of others. */
export function between(some: readonly OwnNode[], others: readonly OwnNode[]): Way[] {
  return some.flatMap((one) =>
    others.flatMap((other) => [
      { from: one, to: other },
      { from: other, to: one },
    ]),
  );
}

/** Who no longer hears whom, and how that is called. */
export interface Split {
  readonly words: string;
  readonly ways: readonly Way[];
}

type DrawSplit = (nodes: readonly OwnNode[], random: RandomStream) => Split;

const twoSides = (size: (nodes: number) => number): DrawSplit => {
  return (nodes, random) => {
    const order = shuffled(nodes, random);
    const side = order.slice(0, size(nodes.length));
    const other = order.slice(side.length);
    return { words: `${names(side)} | ${names(other)}`, ways: between(side, other) };
  };
};

/** Each sees a majority, and no two see the same. */
function ring(nodes: readonly OwnNode[], random: RandomStream): Split {
  const order = shuffled(nodes, random);
  const reach = Math.ceil(Math.floor(nodes.length / 2) / 2);
  const far = (i: number, j: number) => {
    const steps = Math.abs(i - j);
    return Math.min(steps, nodes.length - steps) > reach;
  };
  const ways = order.flatMap((from, i) =>
    order.filter((_, j) => i !== j && far(i, j)).map((to) => ({ from, to })),
  );
  return { words: `ring ${names(order)}: each hears its neighbours only`, ways };
}

/** Two sides, and one node that hears both. */
function bridge(nodes: readonly OwnNode[], random: RandomStream): Split {
  const [middle, ...rest] = shuffled(nodes, random);
  const half = Math.floor(rest.length / 2);
  const [side, other] = [rest.slice(0, half), rest.slice(half)];
  const words = `${names(side)} | ${names(other)}, and ${middle?.name} hears both`;
  return { words, ways: between(side, other) };
}

/** Three sides of which none is a majority. */
function thirds(nodes: readonly OwnNode[], random: RandomStream): Split {
  const sides: OwnNode[][] = [[], [], []];
  shuffled(nodes, random).forEach((node, i) => sides[i % 3]?.push(node));
  const ways = sides.flatMap((side, i) => between(side, sides.slice(i + 1).flat()));
  return { words: sides.map(names).join(' | '), ways };
}

const shapes: readonly { readonly nodesMin: number; readonly draw: DrawSplit }[] = [
  { nodesMin: 2, draw: twoSides((count) => Math.floor(count / 2)) },
  { nodesMin: 2, draw: twoSides(() => 1) },
  { nodesMin: 3, draw: bridge },
  { nodesMin: 3, draw: thirds },
  { nodesMin: 4, draw: ring },
];

function partition(cluster: OwnCluster, random: RandomStream): Fault {
  const { nodes } = cluster;
  const fitting = shapes.filter(({ nodesMin }) => nodes.length >= nodesMin);
  const split = random.pick(fitting).draw(nodes, random);
  return new Partition(cluster, 'partition', split, random.chance(0.5));
}

function partitionZone(cluster: OwnCluster, random: RandomStream): Fault {
  const zone = oneZone(cluster.nodes, random);
  const others = cluster.nodes.filter((node) => !zone.includes(node));
  const split = { words: `zone ${names(zone)} | ${names(others)}`, ways: between(zone, others) };
  return new Partition(cluster, 'partition-zone', split, random.chance(0.5));
}

/** Some are heard and hear nothing, or the reverse. */
function oneWay(cluster: OwnCluster, random: RandomStream): Fault {
  const [victim, ...others] = shuffled(cluster.nodes, random);
  if (victim === undefined) throw new NotNow('there is no node');
  const deaf = random.chance(0.5);
  const ways = others.map((other) =>
    deaf ? { from: other, to: victim } : { from: victim, to: other },
  );
  const words = deaf ? `${victim.name} hears nobody` : `nobody hears ${victim.name}`;
  return new Partition(cluster, 'one-way', { words, ways }, false);
}

/** The nodes' links, cut or silent; what they let through tells whether they are. */
export class Partition implements Fault {
  readonly name: string;
  readonly #cluster: OwnCluster;
  readonly #split: Split;
  readonly #cut: boolean;
  #before = 0;

  /** `cut` needs both ways of each link. */
  constructor(cluster: OwnCluster, name: string, split: Split, cut: boolean) {
    this.#cluster = cluster;
    this.name = name;
    this.#split = split;
    this.#cut = cut;
  }

  async start(): Promise<string> {
    const { words, ways } = this.#split;
    this.#before = this.#refusals();
    for (const link of this.#links()) {
      if (this.#cut) link.cut();
      else link.blackhole(directionOf(this.#cluster, link, ways));
    }
    return `${words} (${this.#cut ? 'connections refused' : 'silence'})`;
  }

  /** Something was stopped, and nothing came through. */
  async probe(): Promise<boolean> {
    const links = [...this.#links()];
    const stopped = () =>
      this.#refusals() > this.#before || links.some(({ heldBytes }) => heldBytes > 0);
    if (!(await becomes(stopped, noticedMsMax))) return false;
    const passed = () => this.#passed();
    const first = passed();
    await becomes(() => passed() > first, quietMs);
    return passed() === first;
  }

  async stop(): Promise<string> {
    for (const link of this.#links()) link.heal();
    return `healed ${this.#split.words}`;
  }

  /** Each pair of nodes has two links, and each carries both ways. */
  #links(): Set<LinkProxy> {
    return new Set(
      this.#split.ways.flatMap(({ from, to }) => [
        this.#cluster.link(from, to),
        this.#cluster.link(to, from),
      ]),
    );
  }

  #refusals(): number {
    let count = 0;
    for (const link of this.#links()) count += link.refused;
    return count;
  }

  /** Bytes that went the ways that are closed. */
  #passed(): number {
    let bytes = 0;
    for (const { from, to } of this.#split.ways) {
      bytes += this.#cluster.link(from, to).bytesForward;
      bytes += this.#cluster.link(to, from).bytesBackward;
    }
    return bytes;
  }
}

function directionOf(
  cluster: OwnCluster,
  link: LinkProxy,
  ways: readonly Way[],
): LinkDirection | 'both' {
  const forward = ways.some(({ from, to }) => cluster.link(from, to) === link);
  const backward = ways.some(({ from, to }) => cluster.link(to, from) === link);
  if (forward && backward) return 'both';
  return forward ? 'forward' : 'backward';
}

/** The leader of some shard, found when the fault begins. */
async function someLeader(cluster: OwnCluster, random: RandomStream): Promise<OwnNode> {
  const shard = 1 + random.below(cluster.shards);
  const view = await leaderView(
    cluster.nodes.map(({ endpoint }) => endpoint),
    shard,
  );
  const leader = cluster.nodes.find(({ id }) => id === view?.leader);
  if (leader === undefined) throw new NotNow(`shard ${shard} has no leader`);
  return leader;
}

/** It still hears its clients and may believe that it leads. */
function leaderFromPeers(cluster: OwnCluster, random: RandomStream): Fault {
  let fault: Fault | undefined;
  return {
    name: 'leader-from-peers',
    async start() {
      const leader = await someLeader(cluster, random);
      const others = cluster.nodes.filter((node) => node !== leader);
      const split = {
        words: `leader ${leader.name} from its peers, not from clients`,
        ways: between([leader], others),
      };
      fault = new Partition(cluster, 'leader-from-peers', split, random.chance(0.3));
      return fault.start();
    },
    probe: async () => (await fault?.probe()) ?? false,
    stop: async () => (await fault?.stop()) ?? 'nothing was done',
  };
}

/** It still leads; its clients must go elsewhere, and learn nothing of what they had asked. */
function leaderFromClients(cluster: OwnCluster, random: RandomStream): Fault {
  let door: LinkProxy | undefined;
  let before = { refused: 0, passed: 0 };
  const cut = random.chance(0.5);
  const passed = (link: LinkProxy) => link.bytesForward + link.bytesBackward;
  return {
    name: 'leader-from-clients',
    async start() {
      const leader = await someLeader(cluster, random);
      door = cluster.door(leader);
      if (cut) door.cut();
      else door.blackhole('both');
      before = { refused: door.refused, passed: passed(door) };
      return `leader ${leader.name} from its clients, not from peers`;
    },
    /** Clients may be elsewhere, so the harness itself is one. */
    async probe() {
      if (door === undefined) return false;
      const answers = await fetch(`http://127.0.0.1:${door.port}/livez`, {
        signal: AbortSignal.timeout(500),
      }).catch(() => undefined);
      return answers === undefined && passed(door) === before.passed;
    },
    async stop() {
      door?.heal();
      return `healed; ${(door?.refused ?? 0) - before.refused} connections were refused`;
    },
  };
}

/** Links of a random part of the nodes go one by one and come back in another order. */
function swizzle(cluster: OwnCluster, random: RandomStream): Fault {
  const count = 1 + random.below(cluster.nodes.length);
  const victims = shuffled(cluster.nodes, random).slice(0, count);
  const splits = victims.map((victim) => {
    const others = cluster.nodes.filter((node) => node !== victim);
    return { words: victim.name, ways: between([victim], others) };
  });
  const all = new Partition(
    cluster,
    'swizzle',
    { words: `${names(victims)}, one by one`, ways: splits.flatMap(({ ways }) => ways) },
    false,
  );
  return {
    name: 'swizzle',
    async start() {
      for (const split of splits) {
        await sleep(random.between(0, swizzleMsMax));
        await new Partition(cluster, 'swizzle', split, false).start();
      }
      return all.start();
    },
    probe: () => all.probe(),
    async stop() {
      for (const split of shuffled(splits, random)) {
        await new Partition(cluster, 'swizzle', split, false).stop();
        await sleep(random.between(0, swizzleMsMax));
      }
      return all.stop();
    },
  };
}

export const partitionFaults: readonly OwnFaultKind[] = [
  {
    name: 'partition',
    lane,
    needs,
    nodesMin: 2,
    does: 'splits the nodes: halves, one alone, a bridge, thirds, a ring',
    draw: partition,
  },
  {
    name: 'partition-zone',
    lane,
    needs,
    nodesMin: 2,
    does: 'splits a zone from the others',
    draw: partitionZone,
  },
  {
    name: 'one-way',
    lane,
    needs,
    nodesMin: 2,
    does: 'a node is heard and hears nothing, or the reverse',
    draw: oneWay,
  },
  {
    name: 'leader-from-peers',
    lane,
    needs,
    nodesMin: 2,
    does: 'a leader without its peers, with its clients',
    draw: leaderFromPeers,
  },
  {
    name: 'leader-from-clients',
    lane,
    needs,
    does: 'a leader without its clients, with its peers',
    draw: leaderFromClients,
  },
  {
    name: 'swizzle',
    lane,
    needs,
    nodesMin: 2,
    does: 'nodes lose their links one by one and regain them in another order',
    draw: swizzle,
  },
];
