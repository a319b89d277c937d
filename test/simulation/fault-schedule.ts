/**
 * Draws the faults of a run. Each kind has a stream of its own and comes at its own pace or not at
 * all in a run: a cluster that suffers everything at once is rarely healthy enough for the subtle
 * things. Damage that no cluster survives (the disks of a majority) is never drawn.
 */
import type { GroupId, NodeId } from '../../src/raft/core/types.js';
import type { Fault, FaultKind, PartitionFault } from './faults.js';
import type { Death } from './observer.js';
import type { Random, RandomStreams } from './random-streams.js';

export interface FaultTargets {
  readonly nodes: readonly NodeId[];
  readonly shards: readonly GroupId[];
  readonly replicas: number;
  readonly durationMs: number;
}

type Draw = (random: Random, targets: FaultTargets, atMs: number) => Fault;

interface Pace {
  /** Share of the runs in which the kind occurs. */
  readonly chance: number;
  /** Mean time between two of them, the fastest and the slowest that is drawn. */
  readonly everyMs: readonly [number, number];
  /** At most so many in a run. */
  readonly atMost?: (targets: FaultTargets) => number;
  readonly draw: Draw;
}

const minority = ({ replicas }: FaultTargets) => Math.floor((replicas - 1) / 2);
const often = [3_000, 20_000] as const;
const seldom = [10_000, 60_000] as const;

const paces: Readonly<Record<FaultKind, Pace>> = {
  crash: { chance: 0.6, everyMs: often, draw: drawCrash },
  'crash-at-step': { chance: 0.6, everyMs: often, draw: drawCrashAtStep },
  'restart-storm': { chance: 0.2, everyMs: seldom, draw: drawRestartStorm },
  'graceful-restart': { chance: 0.3, everyMs: seldom, draw: drawGracefulRestart },
  pause: { chance: 0.4, everyMs: often, draw: drawPause },
  partition: { chance: 0.6, everyMs: often, draw: drawPartition },
  weather: { chance: 0.5, everyMs: often, draw: drawWeather },
  reset: { chance: 0.4, everyMs: often, draw: drawReset },
  'slow-disk': { chance: 0.4, everyMs: often, draw: drawSlowDisk },
  'disk-error': { chance: 0.3, everyMs: seldom, draw: drawDiskError },
  'full-disk': { chance: 0.2, everyMs: seldom, draw: drawFullDisk },
  'bit-flip': { chance: 0.1, everyMs: seldom, atMost: minority, draw: drawBitFlip },
  wipe: { chance: 0.05, everyMs: seldom, atMost: () => 1, draw: drawWipe },
  'store-error': { chance: 0.3, everyMs: seldom, draw: drawStoreError },
  'clock-jump': { chance: 0.3, everyMs: often, draw: drawClockJump },
  'clock-rate': { chance: 0.3, everyMs: often, draw: drawClockRate },
  transfer: { chance: 0.5, everyMs: often, draw: drawTransfer },
  campaign: { chance: 0.2, everyMs: often, draw: drawCampaign },
  membership: { chance: 0.5, everyMs: often, draw: drawMembership },
  'state-damage': { chance: 0.1, everyMs: seldom, atMost: () => 1, draw: drawStateDamage },
};

export const faultKinds: readonly string[] = Object.keys(paces);

export function drawFaults(streams: RandomStreams, targets: FaultTargets): Fault[] {
  const faults: Fault[] = [];
  for (const [kind, pace] of Object.entries(paces)) {
    const random = streams.stream(`faults/${kind}`);
    if (!random.chance(pace.chance)) continue;
    const everyMs = random.scaled(...pace.everyMs);
    const most = pace.atMost?.(targets) ?? Number.POSITIVE_INFINITY;
    let atMs = everyMs * random.within(0.1, 1);
    for (let count = 0; count < most && atMs < targets.durationMs; count += 1) {
      faults.push(pace.draw(random, targets, Math.round(atMs)));
      atMs += everyMs * random.within(0.2, 2);
    }
  }
  return keepMinority(
    faults.sort((a, b) => a.atMs - b.atMs),
    targets,
  );
}

/** Bits flip, disks vanish and states are damaged on a minority of all nodes together. */
function keepMinority(faults: readonly Fault[], targets: FaultTargets): Fault[] {
  const damaged = new Set<NodeId>();
  return faults.filter((fault) => {
    if (!damaging(fault)) return true;
    if (damaged.has(fault.node) || damaged.size >= minority(targets)) return false;
    damaged.add(fault.node);
    return true;
  });
}

type Damaging = Extract<Fault, { kind: 'bit-flip' | 'wipe' | 'state-damage' }>;

function damaging(fault: Fault): fault is Damaging {
  return ['bit-flip', 'wipe', 'state-damage'].includes(fault.kind);
}

function drawDeath(random: Random): Death {
  return random.chance(0.6) ? 'power-cut' : 'crash';
}

function downMs(random: Random): number {
  return Math.round(random.scaled(20, 8_000));
}

function drawCrash(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  // One as a rule, at times several or all at once.
  const count = random.chance(0.7) ? 1 : random.between(1, nodes.length);
  const victims = random.sample(nodes, count).sort((a, b) => a - b);
  return { kind: 'crash', atMs, nodes: victims, death: drawDeath(random), forMs: downMs(random) };
}

function drawCrashAtStep(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const step = Math.ceil(random.scaled(1, 60));
  const death = drawDeath(random);
  return {
    kind: 'crash-at-step',
    atMs,
    node: random.pick(nodes),
    step,
    death,
    forMs: downMs(random),
  };
}

function drawRestartStorm(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const victims = random.sample(nodes, random.between(1, nodes.length)).sort((a, b) => a - b);
  const everyMs = Math.round(random.scaled(50, 1_500));
  const forMs = everyMs * random.between(3, 10);
  return { kind: 'restart-storm', atMs, nodes: victims, everyMs, forMs, death: drawDeath(random) };
}

function drawGracefulRestart(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const handOverMs = random.between(100, 3_000);
  const forMs = Math.round(random.scaled(20, 3_000));
  return { kind: 'graceful-restart', atMs, node: random.pick(nodes), handOverMs, forMs };
}

function drawPause(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const forMs = Math.round(random.scaled(50, 10_000));
  return { kind: 'pause', atMs, node: random.pick(nodes), forMs, suspended: random.chance(0.3) };
}

function drawPartition(random: Random, { nodes, shards }: FaultTargets, atMs: number): Fault {
  const shape = random.pick(['halves', 'isolated', 'leader', 'ring', 'bridge', 'one-way'] as const);
  const forMs = Math.round(random.scaled(300, 12_000));
  const fault = { kind: 'partition' as const, shape, atMs, forMs };
  if (shape === 'leader') return { ...fault, cuts: [], isolateLeaderOf: random.pick(shards) };
  return { ...fault, cuts: drawCuts(random, nodes, shape) };
}

function drawCuts(
  random: Random,
  nodes: readonly NodeId[],
  shape: PartitionFault['shape'],
): (readonly [NodeId, NodeId])[] {
  const order = random.sample(nodes, nodes.length);
  const half = Math.ceil(nodes.length / 2);
  switch (shape) {
    case 'isolated':
      return between(order.slice(0, 1), order.slice(1));
    case 'bridge':
      // The first one sees both sides, which do not see each other.
      return between(order.slice(1, half), order.slice(half));
    case 'ring':
      // Everybody sees its neighbours only: all have a majority, no two the same one.
      return order.flatMap((a, i) =>
        order.slice(i + 2, i === 0 ? -1 : undefined).flatMap((b) => between([a], [b])),
      );
    case 'one-way': {
      const cuts = between(order.slice(0, 1), order.slice(1));
      return cuts.filter(() => random.chance(0.5));
    }
    default:
      return between(order.slice(0, half), order.slice(half));
  }
}

/** Both directions. */
function between(some: readonly NodeId[], others: readonly NodeId[]): [NodeId, NodeId][] {
  return some.flatMap((a) =>
    others.flatMap((b): [NodeId, NodeId][] => [
      [a, b],
      [b, a],
    ]),
  );
}

function drawWeather(random: Random, _targets: FaultTargets, atMs: number): Fault {
  const delayMinMs = random.scaled(0.1, 100);
  return {
    kind: 'weather',
    atMs,
    forMs: Math.round(random.scaled(300, 10_000)),
    lossRate: random.chance(0.5) ? 0 : random.within(0, 0.3),
    duplicateRate: random.chance(0.5) ? 0 : random.within(0, 0.3),
    reorderRate: random.chance(0.5) ? 0 : random.within(0, 0.3),
    delayMinMs,
    delayMaxMs: delayMinMs * random.scaled(1, 20),
  };
}

function drawReset(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const [a = 1, b = 2] = random.sample(nodes, 2);
  return { kind: 'reset', atMs, nodes: [a, b] };
}

function drawSlowDisk(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const syncMinMs = random.scaled(5, 500);
  return {
    kind: 'slow-disk',
    atMs,
    node: random.pick(nodes),
    forMs: Math.round(random.scaled(500, 10_000)),
    syncMinMs,
    syncMaxMs: syncMinMs * random.scaled(1, 8),
  };
}

function drawDiskError(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const operation = random.pick([
    'write',
    'datasync',
    'datasync',
    'rename',
    'sync-folder',
  ] as const);
  const nth = Math.ceil(random.scaled(1, 30));
  return { kind: 'disk-error', atMs, node: random.pick(nodes), operation, nth };
}

function drawFullDisk(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const freeBytes = Math.round(random.scaled(1_000, 200_000));
  const forMs = Math.round(random.scaled(1_000, 10_000));
  return { kind: 'full-disk', atMs, node: random.pick(nodes), freeBytes, forMs };
}

function drawBitFlip(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const place = random.next();
  const node = random.pick(nodes);
  return { kind: 'bit-flip', atMs, node, place, bit: random.below(8), forMs: downMs(random) };
}

function drawWipe(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  return { kind: 'wipe', atMs, node: random.pick(nodes), forMs: 0 };
}

function drawStoreError(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const action = random.pick([
    'read',
    'commit',
    'checkpoint',
    'sync-wal',
    'sync-database',
  ] as const);
  const written = ['SQLITE_IOERR_WRITE', 'SQLITE_FULL', 'SQLITE_CORRUPT'] as const;
  const code = action.startsWith('sync') ? 'EIO' : random.pick(written);
  return { kind: 'store-error', atMs, node: random.pick(nodes), action, code };
}

function drawClockJump(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const size = random.scaled(1, 300_000);
  const byMs = Math.round(random.chance(0.5) ? size : -size);
  return { kind: 'clock-jump', atMs, node: random.pick(nodes), byMs };
}

function drawClockRate(random: Random, { nodes }: FaultTargets, atMs: number): Fault {
  const rate = random.scaled(0.5, 2);
  const forMs = Math.round(random.scaled(500, 15_000));
  return { kind: 'clock-rate', atMs, node: random.pick(nodes), rate, forMs };
}

function drawTransfer(random: Random, { nodes, shards }: FaultTargets, atMs: number): Fault {
  return { kind: 'transfer', atMs, shard: random.pick(shards), to: random.pick(nodes) };
}

function drawCampaign(random: Random, { nodes, shards }: FaultTargets, atMs: number): Fault {
  return { kind: 'campaign', atMs, shard: random.pick(shards), node: random.pick(nodes) };
}

function drawMembership(random: Random, { nodes, shards }: FaultTargets, atMs: number): Fault {
  const actions = [
    'add',
    'add-learner',
    'promote',
    'demote',
    'remove',
    'replace',
    'replace',
  ] as const;
  return {
    kind: 'membership',
    atMs,
    shard: random.pick(shards),
    via: random.pick(nodes),
    action: random.pick(actions),
    pick: random.next(),
    timeoutMs: Math.round(random.scaled(500, 20_000)),
  };
}

function drawStateDamage(random: Random, { nodes, shards }: FaultTargets, atMs: number): Fault {
  return {
    kind: 'state-damage',
    atMs,
    node: random.pick(nodes),
    shard: random.pick(shards),
    pick: random.next(),
    forMs: downMs(random),
  };
}
