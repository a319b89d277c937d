/** Whom a fault meets. */
import type { LinkProxy } from '../cluster/link-proxy.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { OwnNode } from '../cluster/own-node.js';
import type { RandomStream } from '../workloads/random-stream.js';

/** One node more often than not; else a minority, a majority or all. */
export function someNodes(nodes: readonly OwnNode[], random: RandomStream): readonly OwnNode[] {
  const minority = Math.max(1, Math.floor((nodes.length - 1) / 2));
  const count = random.pick([1, 1, 1, minority, minority + 1, nodes.length]);
  return shuffled(nodes, random).slice(0, count);
}

export function shuffled<Item>(items: readonly Item[], random: RandomStream): Item[] {
  const left = [...items];
  return items.map(() => {
    const at = random.below(left.length);
    return left.splice(at, 1)[0] as Item;
  });
}

/** All nodes of one zone. */
export function oneZone(nodes: readonly OwnNode[], random: RandomStream): readonly OwnNode[] {
  const { zone } = random.pick(nodes);
  return nodes.filter((node) => node.zone === zone);
}

/** Of all nodes, or those around one. */
export function someLinks(
  cluster: OwnCluster,
  random: RandomStream,
): { readonly words: string; readonly links: readonly LinkProxy[] } {
  const { nodes } = cluster;
  const victim = random.chance(0.5) ? random.pick(nodes) : undefined;
  const links = nodes.flatMap((from) =>
    nodes
      .filter((to) => to !== from && (victim === undefined || victim === from || victim === to))
      .map((to) => cluster.link(from, to)),
  );
  return { words: victim === undefined ? 'all links' : `the links of ${victim.name}`, links };
}

export function names(nodes: readonly OwnNode[]): string {
  return `{${nodes.map(({ name }) => name).join(',')}}`;
}
