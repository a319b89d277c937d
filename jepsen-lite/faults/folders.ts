/** Data folders that are lost or that are older than they should be. */
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OwnCluster } from '../cluster/own-cluster.js';
import type { OwnNode } from '../cluster/own-node.js';
import type { RandomStream } from '../workloads/random-stream.js';
import type { Fault, OwnFaultKind } from './fault.js';
import { becomes } from './patience.js';

const lane = 'processes';
const needs = 'own';
const startedMsMax = 10_000;
const ageMs = { min: 500, max: 3_000 };

/**
 * A node comes back under its number with an empty folder. The others must not take it for the
 * one that voted; it gets its own folder back in the end.
 */
function wipe(cluster: OwnCluster, random: RandomStream): Fault {
  const victim = random.pick(cluster.nodes);
  const kept = `${victim.folder}.kept`;
  let before: string | undefined;
  let moved = false;
  return {
    name: 'wipe',
    async start() {
      await victim.kill();
      before = identity(victim);
      renameSync(victim.folder, kept);
      moved = true;
      victim.start();
      victim.mayEnd();
      return `${victim.name} lost its data folder and starts with an empty one`;
    },
    /** It has made itself another identity. */
    probe: () =>
      becomes(() => {
        const now = identity(victim);
        return moved && now !== undefined && now !== before;
      }, startedMsMax),
    async stop() {
      await victim.kill();
      if (moved) {
        rmSync(victim.folder, { recursive: true, force: true });
        renameSync(kept, victim.folder);
      }
      victim.start();
      return `${victim.name} has its data folder back`;
    },
  };
}

/** The copy is made of a stopped node, so it is whole; but what it promised since is forgotten. */
function rollBack(cluster: OwnCluster, random: RandomStream): Fault {
  const victim = random.pick(cluster.nodes);
  const copy = `${victim.folder}.copy`;
  const forMs = random.between(ageMs.min, ageMs.max);
  let rolledBack = false;
  return {
    name: 'roll-back',
    async start() {
      await victim.kill();
      cpSync(victim.folder, copy, { recursive: true });
      victim.start();
      await becomes(() => victim.ready(), startedMsMax);
      await sleep(forMs);
      await victim.kill();
      rmSync(victim.folder, { recursive: true });
      renameSync(copy, victim.folder);
      rolledBack = true;
      victim.start();
      return `the data folder of ${victim.name} is as it was ${forMs} ms ago`;
    },
    probe: async () => rolledBack && becomes(() => victim.answers(), startedMsMax),
    /** What it has said since cannot be taken back, so it goes on from there. */
    async stop() {
      rmSync(copy, { recursive: true, force: true });
      victim.start();
      return `${victim.name} goes on with its older data`;
    },
  };
}

/** What the node wrote about itself at its first start. */
function identity({ folder }: OwnNode): string | undefined {
  try {
    return readFileSync(join(folder, 'node.json'), 'utf8');
  } catch {
    return undefined;
  }
}

export const folderFaults: readonly OwnFaultKind[] = [
  {
    name: 'wipe',
    lane,
    needs,
    nodesMin: 3,
    does: 'starts a node with an empty data folder',
    draw: wipe,
  },
  {
    name: 'roll-back',
    lane,
    needs,
    nodesMin: 3,
    does: 'starts a node with an older state of its data folder',
    notInMix: 'the product relies on disks that keep what they have synced',
    draw: rollBack,
  },
];
