/**
 * The service as of one scrape: each list is asked for once, however many metrics show it.
 */
import type { KvService, NodeStatistics, NodeStatus, ShardStatus } from '../kv/service.js';

export class Scrape {
  readonly service: KvService;
  #shards: readonly ShardStatus[] | undefined;
  #nodes: readonly NodeStatus[] | undefined;
  #statistics: NodeStatistics | undefined;

  constructor(service: KvService) {
    this.service = service;
  }

  /** The next question asks the service again. */
  renew(): void {
    this.#shards = undefined;
    this.#nodes = undefined;
    this.#statistics = undefined;
  }

  shards(): readonly ShardStatus[] {
    this.#shards ??= this.service.shards();
    return this.#shards;
  }

  nodes(): readonly NodeStatus[] {
    this.#nodes ??= this.service.nodes();
    return this.#nodes;
  }

  statistics(): NodeStatistics {
    this.#statistics ??= this.service.statistics();
    return this.#statistics;
  }
}
