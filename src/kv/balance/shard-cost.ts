/**
 * What a replica of a shard costs its node, in mean shards: one part for being there (a log, a
 * timer, messages), one for the bytes, one for the requests, equally heavy. So a node may hold
 * many small shards or a few large ones.
 *
 * Differences that do not matter must not move data: to bytes and rates a floor is added before
 * they are compared, so that in a nearly empty cluster a shard of three keys weighs like one of
 * none. What was never measured weighs like the mean.
 */
import type { ShardStatistics, ViewShard } from './cluster-view.js';

export interface ShardCost {
  readonly presence: number;
  readonly bytes: number;
  readonly requests: number;
}

const bytesFloor = 16 * 2 ** 20;
const requestsPerSecondFloor = 100;

export class ShardCosts {
  readonly #bytesMean: number;
  readonly #requestsMean: number;

  constructor(shards: readonly ViewShard[]) {
    const measured = shards.flatMap(({ statistics }) => statistics ?? []);
    const mean = (of: (statistics: ShardStatistics) => number) =>
      measured.reduce((total, statistics) => total + of(statistics), 0) /
      Math.max(1, measured.length);
    this.#bytesMean = mean(({ bytes }) => bytes);
    this.#requestsMean = mean(requestsPerSecond);
  }

  parts({ statistics }: ViewShard): ShardCost {
    if (statistics === undefined) return { presence: 1 / 3, bytes: 1 / 3, requests: 1 / 3 };
    const bytes = (statistics.bytes + bytesFloor) / (this.#bytesMean + bytesFloor);
    const requests =
      (requestsPerSecond(statistics) + requestsPerSecondFloor) /
      (this.#requestsMean + requestsPerSecondFloor);
    return { presence: 1 / 3, bytes: bytes / 3, requests: requests / 3 };
  }

  /** 1 for a mean shard. */
  of(shard: ViewShard): number {
    const { presence, bytes, requests } = this.parts(shard);
    return presence + bytes + requests;
  }

  /** Leading costs requests, and being there; the bytes lie on every replica alike. */
  leading(shard: ViewShard): number {
    const { presence, requests } = this.parts(shard);
    return (presence + requests) * 1.5;
  }

  /**
   * In quarters, at least one, for choosing places: what is measured never stands still, and a
   * target that moved with every measurement would be none.
   */
  rounded(shard: ViewShard): number {
    return Math.max(1, Math.round(4 * this.of(shard))) / 4;
  }
}

export function requestsPerSecond(statistics: ShardStatistics): number {
  return statistics.readsPerSecond + statistics.writesPerSecond;
}

export function bytesOf(shard: ViewShard): number {
  return shard.statistics?.bytes ?? 0;
}
