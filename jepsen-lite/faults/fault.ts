/** What can go wrong with a cluster, one injection at a time, and what each kind needs to own. */
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { RandomStream } from '../workloads/random-stream.js';

/** One injection of a fault. */
export interface Fault {
  readonly name: string;
  /** What was done, in words. Throws `NotNow` when it cannot be done at present. */
  start(): Promise<string>;
  /** Whether it has taken hold. */
  probe(): Promise<boolean>;
  /** Undoes all of it, also after a `start` that failed halfway. */
  stop(): Promise<string>;
}

/** Nothing was broken: there is nobody to hand over to, or no leader to ask. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

/**
 * Faults of one lane are never in force together, for they would undo each other: two that restart
 * the same node, two that set the same links.
 */
export const lanes = ['processes', 'network', 'nodes'] as const;
export type Lane = (typeof lanes)[number];

interface KindOfFault {
  readonly name: string;
  readonly lane: Lane;
  /** In words, for the list of faults. */
  readonly does: string;
  /** Why it is only injected when it is named: it breaks what the product relies on. */
  readonly notInMix?: string;
}

export interface OwnFaultKind extends KindOfFault {
  /** Of processes, folders, links or clocks: they must be ours. */
  readonly needs: 'own';
  /** So many nodes there must be. */
  readonly nodesMin?: number;
  readonly draw: (cluster: OwnCluster, random: RandomStream) => Fault;
}

export interface RemoteFaultKind extends KindOfFault {
  /** Kvorum's admin routes, or any HTTP server. */
  readonly needs: 'kvorum' | 'http';
  readonly nodesMin?: number;
  readonly draw: (endpoints: readonly string[], random: RandomStream) => Fault;
}

export type FaultKind = OwnFaultKind | RemoteFaultKind;
