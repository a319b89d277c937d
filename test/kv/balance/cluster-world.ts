/** A cluster's service over documents in memory, with plans as they are made for real. */
import { ClusterAdministration } from '../../../src/kv/balance/cluster-administration.js';
import { makePlan, makeStandingPlan } from '../../../src/kv/balance/make-plan.js';
import { JobsWorld } from './jobs-world.js';

export class ClusterWorld extends JobsWorld {
  #token = 0;
  readonly service = new ClusterAdministration({
    store: this.store,
    planner: { plan: makePlan, standing: makeStandingPlan },
    clock: this.clock,
    status: () => ({
      ...{ cluster: 'test', bootstrapDigest: 'abc', format: 2 },
      ...{ meta: { leader: 1, voters: [1, 2, 3] }, balancer: undefined },
    }),
    newToken: () => {
      this.#token += 1;
      return `token-${this.#token}`;
    },
  });

  constructor(shards = 4, nodes: readonly number[] = [1, 2, 3, 4, 5]) {
    super(nodes);
    for (let shard = 1; shard <= shards; shard += 1) this.shard(shard, [1, 2, 3]);
  }
}
