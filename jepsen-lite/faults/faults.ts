/** All faults by name, and which of them a cluster can be given. */
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { RandomStream } from '../workloads/random-stream.js';
import { clockFaults } from './clocks.js';
import { diskFaults } from './disks.js';
import type { Fault, FaultKind } from './fault.js';
import { folderFaults } from './folders.js';
import { frameFaults } from './frame-faults.js';
import { lieFaults } from './lies.js';
import { linkFaults } from './links.js';
import { loadFaults } from './load.js';
import { membershipFaults } from './membership.js';
import { partitionFaults } from './partitions.js';
import { processFaults } from './processes.js';

export const faultKinds: readonly FaultKind[] = [
  ...processFaults,
  ...diskFaults,
  ...folderFaults,
  ...partitionFaults,
  ...linkFaults,
  ...frameFaults,
  ...clockFaults,
  ...membershipFaults,
  ...loadFaults,
  ...lieFaults,
];

/** A cluster as faults see it: an own one, or the addresses of another. */
export interface Site {
  readonly endpoints: readonly string[];
  /** Undefined: others run it, and its processes, disks, links and clocks are not ours. */
  readonly cluster?: OwnCluster;
  /** It has Kvorum's admin routes. */
  readonly isKvorum: boolean;
}

/** Undefined when it can be injected; else why it cannot. */
export function refusal(
  { name, needs, nodesMin = 1 }: FaultKind,
  site: { readonly nodes: number; readonly own: boolean; readonly isKvorum: boolean },
): string | undefined {
  if (needs === 'own' && !site.own) {
    return (
      `${name} is refused: the processes, disks, links and clocks behind --endpoint are not ours. ` +
      '--start breaks a cluster of its own.'
    );
  }
  if (needs === 'kvorum' && !site.isKvorum) {
    return `${name} is refused: it goes through Kvorum's own routes, which other products lack.`;
  }
  if (site.nodes < nodesMin) return `${name} is refused: it needs at least ${nodesMin} nodes.`;
  return undefined;
}

/** Of a mix: everything that does not break what the product relies on. */
export function mixedKinds(site: Parameters<typeof refusal>[1]): readonly FaultKind[] {
  return faultKinds.filter(
    (kind) => kind.notInMix === undefined && refusal(kind, site) === undefined,
  );
}

export function drawFault(kind: FaultKind, site: Site, random: RandomStream): Fault {
  if (kind.needs !== 'own') return kind.draw(site.endpoints, random);
  if (site.cluster === undefined) throw new Error(`${kind.name} needs an own cluster`);
  return kind.draw(site.cluster, random);
}
