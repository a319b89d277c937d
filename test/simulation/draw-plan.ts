/**
 * Draws the plan of a run from its seed: a cluster with limits of its own, the weather, clients
 * and faults. Limits are drawn far apart from production's, so that what is rare there (a full
 * window, a snapshot, a segment's end) happens all the time here.
 */
import { defaultLimits, type RaftTiming } from '../../src/raft/core/options.js';
import { defaultHostLimits } from '../../src/raft/host-options.js';
import { defaultSnapshotLimits, type SnapshotLimits } from '../../src/raft/snapshots/limits.js';
import { drawFaults } from './fault-schedule.js';
import { type Random, RandomStreams } from './random-streams.js';
import type { ClientPlan, ClusterPlan, NetworkPlan, RunPlan } from './run-plan.js';

const KiB = 1024;
const MiB = 1024 * KiB;
export const durationMsDefault = 60_000;
/** Over all clients together. */
const operationsMax = 1_500;

export function drawPlan(seed: number, durationMs = durationMsDefault): RunPlan {
  const streams = new RandomStreams(seed);
  const cluster = drawCluster(streams.stream('cluster'));
  const nodes = Array.from({ length: cluster.nodes }, (_, i) => i + 1);
  const shards = Array.from({ length: cluster.shards }, (_, i) => i + 1);
  return {
    seed,
    durationMs,
    cluster,
    network: drawNetwork(streams.stream('network')),
    disk: drawDisk(streams.stream('disk')),
    clients: drawClients(streams.stream('clients'), { nodes, durationMs }),
    faults: drawFaults(streams, { nodes, shards, replicas: cluster.replicas, durationMs }),
  };
}

function drawCluster(random: Random): ClusterPlan {
  const nodes = random.between(3, 5);
  const segmentBytes = random.pick([16, 32, 64, 128, 256]) * KiB;
  const tickMs = random.pick([50, 80, 100, 150]);
  return {
    nodes,
    shards: random.pick([1, 1, 2, 3, 4]),
    replicas: nodes === 5 && random.chance(0.5) ? 5 : 3,
    tuning: {
      raftTiming: drawTiming(random),
      raftLimits: drawLimits(random),
      hostTiming: {
        tickMs,
        gapTicksMax: 4,
        freshnessMs: random.between(500, 3_000),
        compactionMs: random.between(100, 2_000),
      },
      hostLimits: {
        ...defaultHostLimits,
        batchBytesMax: size(random, 1 * KiB, 4 * MiB),
        applyBytesMax: size(random, 1 * KiB, 2 * MiB),
        appendsQueuedMax: size(random, 16, 16_384),
        groupTailBytesMax: size(random, 1 * KiB, 1 * MiB),
        nodeTailBytesMax: size(random, 16 * KiB, 8 * MiB),
        tailAgeMs: Math.round(random.scaled(1_000, 600_000)),
      },
      snapshots: drawSnapshots(random),
      stateCheck: {
        passMs: Math.round(random.scaled(2_000, 60_000)),
        stepMs: random.between(200, 2_000),
        answerMs: random.between(2_000, 10_000),
      },
      leaderBalance: {
        periodMs: random.between(300, 2_000),
        settleMs: random.between(500, 5_000),
        retryMs: random.between(2_000, 15_000),
        operatorMs: random.between(5_000, 30_000),
        returnMs: random.between(5_000, 30_000),
      },
    },
    checkpoint: {
      checkpointFrames: size(random, 5, 500),
      walBytesMax: size(random, 30, 400) * 4 * KiB,
      walBytesHard: 2 * MiB,
      restFramesMax: size(random, 2, 50),
      syncFrames: size(random, 10, 500),
    },
    segmentBytes,
    logBytesMax: segmentBytes * random.between(4, 32),
    turnMs: random.pick([0.05, 0.2, 1, 2]),
    repairMs: random.between(500, 5_000),
  };
}

function drawTiming(random: Random): RaftTiming {
  const heartbeatTicks = random.between(1, 3);
  const electionTicksMin = 3 * heartbeatTicks + random.between(2, 8);
  const electionTicksMax = electionTicksMin + 4 + random.between(0, 12);
  const quietAfterTicks = random.chance(0.3) ? 0 : electionTicksMin + random.between(0, 60);
  return { heartbeatTicks, electionTicksMin, electionTicksMax, quietAfterTicks };
}

function drawSnapshots(random: Random): SnapshotLimits {
  const receiveIdleMs = random.between(3_000, 15_000);
  const retryMs = random.between(50, 500);
  const chunkBytesMax = size(random, 512, 256 * KiB);
  const windowChunks = random.between(1, 4);
  const sendingMax = random.between(1, 3);
  const receivingMax = random.between(1, 3);
  const bytesPerSecond = size(random, 16 * KiB, 64 * MiB);
  const answerMs = random.between(500, receiveIdleMs - retryMs - 1);
  return {
    ...defaultSnapshotLimits,
    chunkBytesMax,
    windowChunks,
    sendingMax,
    receivingMax,
    sendBytesPerSecond: Math.max(Math.ceil((chunkBytesMax * 2_000) / answerMs), bytesPerSecond),
    answerMs,
    retryMs,
    receiveIdleMs,
    reuseMs: random.between(500, 15_000),
    sendIdleMs: receiveIdleMs + random.between(500, 10_000),
  };
}

function drawLimits(random: Random): typeof defaultLimits {
  if (random.chance(0.2)) return defaultLimits;
  const appendBytesMax = size(random, 64, 1 * MiB);
  const inflightBytesMax = size(random, appendBytesMax, 8 * MiB);
  return {
    ...defaultLimits,
    appendBytesMax,
    inflightMessagesMax: size(random, 1, 256),
    inflightBytesMax,
    uncommittedBytesMax: Math.max(inflightBytesMax, size(random, 32 * KiB, 16 * MiB)),
    unappliedBytesMax: Math.max(appendBytesMax, size(random, 16 * KiB, 16 * MiB)),
    windowBytesMax: size(random, 64, 2 * MiB),
    waitingReadsMax: size(random, 16, 65_536),
  };
}

function drawNetwork(random: Random): NetworkPlan {
  const delayMinMs = random.scaled(0.05, 5);
  return {
    delayMinMs,
    delayMaxMs: delayMinMs * random.scaled(1, 10),
    lossRate: random.chance(0.5) ? 0 : random.within(0, 0.03),
    duplicateRate: random.chance(0.5) ? 0 : random.within(0, 0.05),
    reorderRate: random.chance(0.5) ? 0 : random.within(0, 0.1),
    reconnectMs: random.between(10, 300),
    silenceMs: random.between(600, 3_000),
  };
}

function drawDisk(random: Random): RunPlan['disk'] {
  const syncMinMs = random.scaled(0.1, 5);
  return { syncMinMs, syncMaxMs: syncMinMs * random.scaled(1, 10) };
}

function drawClients(
  random: Random,
  cluster: { nodes: readonly number[]; durationMs: number },
): ClientPlan[] {
  const count = random.between(2, 6);
  const keys = random.pick([1, 2, 5, 20, 100]);
  const valueBytesMax = size(random, 8, 16 * KiB);
  const thinkMs = Math.max(random.scaled(10, 400), (cluster.durationMs * count) / operationsMax);
  return Array.from({ length: count }, (_, i) => ({
    id: i + 1,
    node: random.pick(cluster.nodes),
    keys,
    thinkMs,
    timeoutMs: Math.round(random.scaled(300, 5_000)),
    roams: random.chance(0.5),
    mix: {
      put: random.between(10, 60),
      conditionalPut: random.between(0, 30),
      delete: random.between(0, 15),
      read: random.between(10, 60),
      staleRead: random.between(0, 20),
    },
    valueBytesMax,
    operationsMax: Number.MAX_SAFE_INTEGER,
  }));
}

function size(random: Random, low: number, high: number): number {
  return Math.round(random.scaled(low, high));
}
