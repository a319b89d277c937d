/** The cluster of a run, with whoever breaks it: an own one, or one that others run. */
import { join } from 'node:path';
import { RandomStream } from '../workloads/random-stream.js';
import { MixedNemesis } from './mixed-nemesis.js';
import type { Nemesis } from './nemesis.js';
import { OwnCluster } from './own-cluster.js';
import { type FaultKind, processFaults } from './process-faults.js';
import type { RunConfig } from './run-config.js';

export interface Target {
  readonly endpoints: readonly string[];
  readonly nemesis: Nemesis | undefined;
  /** Nodes that ended although nobody had asked for it. */
  crashes(): readonly string[];
  close(): Promise<void>;
}

/** All that can be asked for by name. */
export const faultNames: readonly string[] = Object.keys(processFaults);

/** Faults that must have been seen: those that were named, for of a mix a short run has a part. */
export function namedFaults(faults: readonly string[]): readonly string[] {
  return faults.filter((name) => name !== 'mix');
}

export async function openTarget(config: RunConfig, folder: string): Promise<Target> {
  const { target, seed, faults } = config;
  if ('endpoints' in target) {
    const { endpoints } = target;
    return { endpoints, nemesis: undefined, crashes: () => [], close: async () => {} };
  }
  const { start: nodes, shards } = target;
  const cluster = await OwnCluster.start({ nodes, shards, dir: join(folder, 'cluster') });
  const draws = (kinds: Readonly<Record<string, FaultKind>>) =>
    Object.entries(kinds)
      .filter(([name]) => faults.includes('mix') || faults.includes(name))
      .map(
        ([, kind]) =>
          (random: RandomStream) =>
            kind(cluster, random),
      );
  return {
    endpoints: cluster.endpoints,
    nemesis: new MixedNemesis([draws(processFaults)], new RandomStream(seed, 'nemesis')),
    crashes: () => cluster.crashes,
    close: () => cluster.stop(),
  };
}
