/**
 * What is measured. All of it runs for the whole time, so that runs can be interleaved; what is
 * not under load is idle.
 */
import { readFileSync } from 'node:fs';
import { Cluster } from '../../test/system/cluster.js';
import type { BenchOwner } from '../owner.js';
import { startCeiling } from './ceiling.js';

export const targetNames = ['ceiling', 'spread', 'leader', 'other'] as const;
export type TargetName = (typeof targetNames)[number];

export const targetTitles: Readonly<Record<TargetName, string>> = {
  ceiling: 'bare fastify',
  spread: 'one node of 12 shards',
  leader: '1 shard, its leader',
  other: '1 shard, another node',
};

export interface Target {
  readonly name: TargetName;
  /** Asked before each run: leaders move. */
  port(): Promise<number>;
  /** Whose metrics are read; none for the ceiling. */
  readonly origins: readonly string[];
  /** CPU time of all its processes until now; undefined where there is no /proc. */
  cpuMs(): number | undefined;
}

const defaultSegmentBytes = 64 * 1024 * 1024;

export async function startTargets(owner: BenchOwner): Promise<Target[]> {
  const ceiling = await startCeiling();
  owner.teardown(() => ceiling.close());
  const options = { nodes: 3, segmentBytes: defaultSegmentBytes };
  const spread = await Cluster.start(owner, { ...options, shards: 12 });
  const single = await Cluster.start(owner, { ...options, shards: 1 });
  const leader = async () => (await single.leaders(1)).get(1) ?? 1;
  return [
    {
      name: 'ceiling',
      port: async () => ceiling.port,
      origins: [],
      cpuMs: () => processorMs(ceiling.pid),
    },
    ofCluster('spread', spread, async () => 1),
    ofCluster('leader', single, leader),
    ofCluster('other', single, async () => ((await leader()) % 3) + 1),
  ];
}

function ofCluster(name: TargetName, cluster: Cluster, node: () => Promise<number>): Target {
  return {
    name,
    port: async () => cluster.place(await node()).httpPort,
    origins: cluster.ids.map((id) => cluster.origin(id)),
    cpuMs: () => {
      const times = cluster.ids.map((id) => cluster.process(id).processorMs());
      return times.reduce<number | undefined>(
        (sum, ms) => (sum === undefined || ms === undefined ? undefined : sum + ms),
        0,
      );
    },
  };
}

/** Like `NodeProcess.processorMs`, for a process that was forked. */
function processorMs(pid: number): number | undefined {
  const ticksPerSecond = 100;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
  } catch {
    return undefined;
  }
}
