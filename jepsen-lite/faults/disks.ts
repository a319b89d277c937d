/** Disks that are slow, broken or full, through the switches inside our nodes. */

import type { OwnCluster } from '../cluster/own-cluster.js';
import type { OwnNode } from '../cluster/own-node.js';
import type { ShimCounts } from '../cluster/shim/settings.js';
import type { Switchboard } from '../cluster/switchboard.js';
import { HarnessError } from '../run/harness-error.js';
import type { RandomStream } from '../workloads/random-stream.js';
import type { Fault, OwnFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { whileWriting } from './traffic.js';

const needs = 'own';
const metMsMax = 8_000;
const slowMs = { min: 200, max: 1_500 };
const growMs = { every: 300, by: 60, max: 3_000 };

export function switchesOf({ switchboard }: OwnCluster): Switchboard {
  if (switchboard === undefined) throw new HarnessError('the nodes were started without switches');
  return switchboard;
}

function slowDisk(cluster: OwnCluster, random: RandomStream): Fault {
  const victim = random.pick(cluster.nodes);
  const switches = switchesOf(cluster);
  const meetings = new Meetings(cluster, victim, 'slowSyncs');
  const syncDelayMs = random.between(slowMs.min, slowMs.max);
  return {
    name: 'slow-disk',
    async start() {
      await meetings.begin();
      switches.set(victim.id, { syncDelayMs });
      return `each sync of ${victim.name} takes ${syncDelayMs} ms longer`;
    },
    probe: () => meetings.some(),
    async stop() {
      switches.set(victim.id, { syncDelayMs: 0 });
      return `syncs of ${victim.name} are as fast as ever`;
    },
  };
}

function slowerDisk(cluster: OwnCluster, random: RandomStream): Fault {
  const victim = random.pick(cluster.nodes);
  const switches = switchesOf(cluster);
  const meetings = new Meetings(cluster, victim, 'slowSyncs');
  let syncDelayMs = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    name: 'growing-disk-latency',
    async start() {
      await meetings.begin();
      timer = setInterval(() => {
        syncDelayMs = Math.min(growMs.max, syncDelayMs + growMs.by);
        switches.set(victim.id, { syncDelayMs });
      }, growMs.every);
      return `syncs of ${victim.name} take longer and longer`;
    },
    probe: () => meetings.some(),
    async stop() {
      clearInterval(timer);
      switches.set(victim.id, { syncDelayMs: 0 });
      return `at last syncs of ${victim.name} took ${syncDelayMs} ms longer`;
    },
  };
}

/** Only a restart makes such a node serve again: what it wrote last may be there or not. */
const brokenDisk = (
  name: string,
  broken: {
    readonly words: string;
    readonly count: keyof ShimCounts;
    readonly on: Parameters<Switchboard['set']>[1];
    readonly off: Parameters<Switchboard['set']>[1];
  },
): OwnFaultKind['draw'] => {
  return (cluster, random) => {
    const victim = random.pick(cluster.nodes);
    const switches = switchesOf(cluster);
    const meetings = new Meetings(cluster, victim, broken.count);
    return {
      name,
      async start() {
        await meetings.begin();
        victim.mayEnd();
        switches.set(victim.id, broken.on);
        return `${broken.words} of ${victim.name}`;
      },
      probe: () => meetings.some(),
      async stop() {
        switches.set(victim.id, broken.off);
        await victim.kill();
        victim.start();
        return `mended and restarted ${victim.name}`;
      },
    };
  };
};

/** The switches count what they did; the nodes are written to, for an idle disk is not met. */
class Meetings {
  readonly #cluster: OwnCluster;
  readonly #node: OwnNode;
  readonly #count: keyof ShimCounts;
  #before: number | undefined;

  constructor(cluster: OwnCluster, node: OwnNode, count: keyof ShimCounts) {
    this.#cluster = cluster;
    this.#node = node;
    this.#count = count;
  }

  async begin(): Promise<void> {
    this.#before = (await this.#now()) ?? 0;
  }

  /** A restarted node counts from 0 again. */
  async some(): Promise<boolean> {
    if (this.#before === undefined) return false;
    const met = async () => {
      const now = (await this.#now()) ?? 0;
      return now > 0 && now !== this.#before;
    };
    return whileWriting(this.#cluster.nodes, () => becomes(met, metMsMax));
  }

  async #now(): Promise<number | undefined> {
    const view = await switchesOf(this.#cluster).view(this.#node.id);
    return view?.counts[this.#count];
  }
}

export const diskFaults: readonly OwnFaultKind[] = [
  {
    name: 'slow-disk',
    lane: 'nodes',
    needs,
    does: 'makes each sync of a node slow',
    draw: slowDisk,
  },
  {
    name: 'growing-disk-latency',
    lane: 'nodes',
    needs,
    does: 'makes syncs of a node slower and slower',
    draw: slowerDisk,
  },
  {
    name: 'failing-disk',
    lane: 'processes',
    needs,
    does: 'lets syncs of a node fail with EIO',
    draw: brokenDisk('failing-disk', {
      words: 'every sync fails',
      count: 'failedSyncs',
      on: { failedSyncsMax: Number.MAX_SAFE_INTEGER },
      off: { failedSyncsMax: 0 },
    }),
  },
  {
    name: 'failing-sync-once',
    lane: 'processes',
    needs,
    does: 'lets one sync of a node fail with EIO, and the next succeed',
    draw: brokenDisk('failing-sync-once', {
      words: 'one sync fails',
      count: 'failedSyncs',
      on: { failedSyncsMax: 1 },
      off: { failedSyncsMax: 0 },
    }),
  },
  {
    name: 'full-disk',
    lane: 'processes',
    needs,
    does: 'lets writes of a node fail with ENOSPC',
    draw: brokenDisk('full-disk', {
      words: 'no space is left on the disk',
      count: 'failedWrites',
      on: { diskFull: true },
      off: { diskFull: false },
    }),
  },
];
