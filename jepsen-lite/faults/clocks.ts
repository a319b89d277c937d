/** Clocks that are wrong and event loops that stand still, through the switches in our nodes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { OwnNode } from '../cluster/own-node.js';
import type { RandomStream } from '../workloads/random-stream.js';
import { switchesOf } from './disks.js';
import type { Fault, OwnFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { names, someNodes } from './victims.js';

const lane = 'nodes';
const needs = 'own';
const seenMsMax = 3_000;
/** From 4 ms to 288 s, each size as likely as its double. */
const jumpDoublings = 16;
const jumpMsMin = 4.4;
const roundingMs = 2;
const strobeMs = { min: 1, max: 300 };
const rates = [0.5, 0.8, 0.95, 1.05, 1.25, 2];
const rateMeasuredMs = 250;
const rateError = 0.02;
const stallMs = { min: 800, max: 3_000, rest: 300 };

function drawJump(random: RandomStream): number {
  const size = jumpMsMin * 2 ** (random.unit() * jumpDoublings);
  return Math.round(random.chance(0.5) ? size : -size);
}

function jump(cluster: OwnCluster, random: RandomStream): Fault {
  const victims = someNodes(cluster.nodes, random);
  const switches = switchesOf(cluster);
  const offsetMs = drawJump(random);
  return {
    name: 'clock-jump',
    async start() {
      for (const { id } of victims) switches.set(id, { wallOffsetMs: offsetMs });
      return `clocks of ${names(victims)} jump by ${offsetMs} ms`;
    },
    probe: () => seenBySome(cluster, victims, (off) => Math.abs(off - offsetMs) <= roundingMs),
    async stop() {
      for (const { id } of victims) switches.set(id, { wallOffsetMs: 0 });
      return `clocks of ${names(victims)} are right`;
    },
  };
}

/** There and back again, up to a thousand times a second. */
function strobe(cluster: OwnCluster, random: RandomStream): Fault {
  const victims = someNodes(cluster.nodes, random);
  const switches = switchesOf(cluster);
  const offsetMs = drawJump(random);
  const everyMs = random.between(strobeMs.min, strobeMs.max);
  let timer: NodeJS.Timeout | undefined;
  let away = false;
  const set = (off: number) => {
    for (const { id } of victims) switches.set(id, { wallOffsetMs: off });
  };
  return {
    name: 'clock-strobe',
    async start() {
      timer = setInterval(() => {
        away = !away;
        set(away ? offsetMs : 0);
      }, everyMs);
      return `clocks of ${names(victims)} jump by ${offsetMs} ms and back every ${everyMs} ms`;
    },
    probe: () => seenBySome(cluster, victims, (off) => Math.abs(off - offsetMs) <= roundingMs),
    async stop() {
      clearInterval(timer);
      set(0);
      return `clocks of ${names(victims)} are right`;
    },
  };
}

/** How far a victim's own code sees its clock off; one that is down sees nothing. */
function seenBySome(
  cluster: OwnCluster,
  victims: readonly OwnNode[],
  fits: (offMs: number) => boolean,
): Promise<boolean> {
  return becomes(async () => {
    const views = await Promise.all(victims.map(({ id }) => switchesOf(cluster).view(id)));
    return views.some((view) => view && fits(view.clocks.wallMs - view.clocks.trueWallMs));
  }, seenMsMax);
}

/** Also the clock that deadlines and elections are measured with. */
function drift(cluster: OwnCluster, random: RandomStream): Fault {
  const victims = someNodes(cluster.nodes, random);
  const switches = switchesOf(cluster);
  const rate = random.pick(rates);
  return {
    name: 'clock-drift',
    async start() {
      for (const { id } of victims) switches.set(id, { clockRate: rate });
      return `clocks of ${names(victims)} run at ${rate} of their speed`;
    },
    probe: () =>
      becomes(async () => {
        const measured = await Promise.all(victims.map(({ id }) => measureRate(cluster, id)));
        return measured.some((each) => Math.abs(each - rate) < rateError);
      }, seenMsMax),
    async stop() {
      for (const { id } of victims) switches.set(id, { clockRate: 1 });
      return `clocks of ${names(victims)} run as they should`;
    },
  };
}

async function measureRate(cluster: OwnCluster, node: number): Promise<number> {
  const before = await switchesOf(cluster).view(node);
  await sleep(rateMeasuredMs);
  const after = await switchesOf(cluster).view(node);
  if (before === undefined || after === undefined) return Number.NaN;
  const trueMs = after.clocks.trueMonotonicMs - before.clocks.trueMonotonicMs;
  return (after.clocks.monotonicMs - before.clocks.monotonicMs) / trueMs;
}

/** As a long collection of garbage does; other threads and the kernel go on. */
function stall(cluster: OwnCluster, random: RandomStream): Fault {
  const victim = random.pick(cluster.nodes);
  const durationMs = random.between(stallMs.min, stallMs.max);
  let timer: NodeJS.Timeout | undefined;
  const begin = () => switchesOf(cluster).stall(victim.id, durationMs);
  return {
    name: 'stall',
    async start() {
      begin();
      timer = setInterval(begin, durationMs + stallMs.rest);
      return `the event loop of ${victim.name} stands still for ${durationMs} ms at a time`;
    },
    /** The kernel takes connections; nobody answers. */
    probe: () =>
      becomes(
        async () => timer !== undefined && victim.running && !(await victim.answers()),
        seenMsMax,
      ),
    async stop() {
      clearInterval(timer);
      return `the event loop of ${victim.name} runs`;
    },
  };
}

export const clockFaults: readonly OwnFaultKind[] = [
  { name: 'clock-jump', lane, needs, does: 'sets clocks wrong by up to 288 s', draw: jump },
  { name: 'clock-strobe', lane, needs, does: 'sets clocks wrong and right in turn', draw: strobe },
  { name: 'clock-drift', lane, needs, does: 'lets clocks run too fast or too slow', draw: drift },
  { name: 'stall', lane, needs, does: 'lets the event loop of a node stand still', draw: stall },
];
