/**
 * Kills the nodes of a cluster one after the other with SIGKILL and starts them again, never two at
 * once: the next one falls when the last is ready.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../test/system/cluster.js';

export interface KillOptions {
  readonly kills: number;
  /** Between the moment when all are ready and the next kill. */
  readonly aliveMs: number;
  /** Between a kill and the start. */
  readonly downMs: number;
}

/** Milliseconds from each start to the node being ready. */
export async function killInTurn(cluster: Cluster, options: KillOptions): Promise<number[]> {
  const readyMs: number[] = [];
  for (let kill = 0; kill < options.kills; kill += 1) {
    await sleep(options.aliveMs);
    const victim = cluster.ids[kill % cluster.ids.length] ?? 1;
    await cluster.kill(victim);
    await sleep(options.downMs);
    const startedMs = performance.now();
    await cluster.restart(victim);
    await cluster.ready();
    readyMs.push(performance.now() - startedMs);
  }
  return readyMs;
}
