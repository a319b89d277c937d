/** The cluster of a run, with whoever breaks it: an own one, or one that others run. */
import { join } from 'node:path';
import { startCluster } from '../cluster/own-cluster.js';
import { type FaultKind, lanes } from '../faults/fault.js';
import { drawFault, faultKinds, mixedKinds, refusal, type Site } from '../faults/faults.js';
import { MixedNemesis } from '../faults/mixed-nemesis.js';
import { RandomStream } from '../workloads/random-stream.js';
import type { Nemesis } from './nemesis.js';
import type { RunConfig } from './run-config.js';

export interface Target {
  readonly endpoints: readonly string[];
  readonly nemesis: Nemesis | undefined;
  /** Nodes that ended although nobody had asked for it. */
  crashes(): readonly string[];
  close(): Promise<void>;
}

/** All that can be asked for by name. */
export const faultNames: readonly string[] = faultKinds.map(({ name }) => name);

/** Faults that must have been seen: those that were named, for of a mix a short run has a part. */
export function namedFaults(faults: readonly string[]): readonly string[] {
  return faults.filter((name) => name !== 'mix');
}

/** Why one of the faults cannot be given to this target; undefined when all can. */
export function refusedFault({
  target,
  adapter,
  faults,
}: Pick<RunConfig, 'target' | 'adapter' | 'faults'>): string | undefined {
  const site = siteOf(target, adapter.name);
  return faultKinds
    .filter(({ name }) => faults.includes(name))
    .map((kind) => refusal(kind, site))
    .find((reason) => reason !== undefined);
}

export async function openTarget(config: RunConfig, folder: string): Promise<Target> {
  const { target } = config;
  if ('endpoints' in target) {
    const { endpoints } = target;
    const site = { endpoints, isKvorum: config.adapter.name === 'kvorum' };
    return {
      endpoints,
      nemesis: nemesisOf(config, site),
      crashes: () => [],
      close: async () => {},
    };
  }
  const { start: nodes, shards } = target;
  const dir = join(folder, 'cluster');
  const cluster = await startCluster({ nodes, shards, dir, proxied: true, shim: true });
  const { endpoints } = cluster;
  return {
    endpoints,
    nemesis: nemesisOf(config, { endpoints, cluster, isKvorum: true }),
    crashes: () => cluster.crashes,
    close: () => cluster.stop(),
  };
}

function nemesisOf(config: RunConfig, site: Site): Nemesis | undefined {
  const { target, adapter, faults, seed } = config;
  const mixed = faults.includes('mix') ? mixedKinds(siteOf(target, adapter.name)) : [];
  const chosen = faultKinds.filter((kind) => mixed.includes(kind) || faults.includes(kind.name));
  if (chosen.length === 0) return undefined;
  const draws = (kinds: readonly FaultKind[]) =>
    kinds.map((kind) => (random: RandomStream) => drawFault(kind, site, random));
  return new MixedNemesis(
    lanes.map((lane) => draws(chosen.filter((kind) => kind.lane === lane))),
    new RandomStream(seed, 'nemesis'),
    config.from,
  );
}

function siteOf(target: RunConfig['target'], adapter: string): Parameters<typeof refusal>[1] {
  const own = 'start' in target;
  const nodes = own ? target.start : target.endpoints.length;
  return { nodes, own, isKvorum: adapter === 'kvorum' };
}
