/** A cluster, its documents and drivers that can be killed at any of their calls. */

import type { Author } from '../../../src/kv/balance/author.js';
import type {
  ClusterControl,
  MergeRequest,
  SplitRequest,
} from '../../../src/kv/balance/cluster-control.js';
import type {
  ClusterDocuments,
  Decision,
  DocumentStore,
} from '../../../src/kv/balance/cluster-documents.js';
import { beginJob } from '../../../src/kv/balance/job-commands.js';
import type { JobDocument, JobLimits } from '../../../src/kv/balance/job-document.js';
import { JobDriver } from '../../../src/kv/balance/job-driver.js';
import type { Intent, StepAction } from '../../../src/kv/balance/plan.js';
import type { PlanDocument } from '../../../src/kv/balance/plan-document.js';
import type { MembershipRequest } from '../../../src/kv/service.js';
import { ManualClock } from '../../simulation/manual-clock.js';
import { FakeCluster } from './fake-cluster.js';
import { FakeDocuments, nodeDocument } from './fake-documents.js';

const score = {
  busiest: 1,
  idlest: 1,
  busiestLeader: 1,
  missingReplicas: 0,
  misplacedReplicas: 0,
  zoneConflicts: 0,
};

export function planOf(
  actions: readonly StepAction[],
  more: Partial<PlanDocument> = {},
): PlanDocument {
  return {
    id: '1',
    goal: { kind: 'balance' },
    origin: 'operator',
    actor: 'anna',
    reason: 'a test',
    baseEpoch: 1,
    createdAtMs: 0,
    expiresAtMs: 9e15,
    intents: [] as Intent[],
    steps: actions.map((action) => ({ action, bytes: 1_000, because: 'it is wanted' })),
    bytes: 1_000 * actions.length,
    estimatedSeconds: 1,
    score: { before: score, after: score },
    healthyVotersMin: 3,
    warnings: [],
    ...more,
  };
}

/** A running job of these steps, or of so many. */
export function jobOf(
  steps: number | readonly StepAction[],
  limits: Partial<JobLimits> = {},
): JobDocument {
  const actions =
    typeof steps === 'number'
      ? Array.from({ length: steps }, (_, i): StepAction => {
          return { kind: 'move', shard: i + 1, from: 1, to: 4 };
        })
      : steps;
  return {
    ...{ id: '1', plan: '1', goal: { kind: 'balance' }, origin: 'operator', actor: 'anna' },
    ...{ reason: '', baseEpoch: 1, createdMs: 0, startedMs: 0, state: 'running', because: '' },
    limits: { maxBytesPerSecond: 1_000, maxConcurrent: 4, maxPerNode: 2, ...limits },
    steps: actions.map((action) => {
      const step = { action, bytes: 1_000, because: '', requests: 0, bytesDone: 0 };
      return { ...step, state: 'waiting' };
    }),
  };
}

export function authorOf(more: Partial<Author> = {}): Author {
  return {
    ...{
      origin: 'operator',
      actor: 'anna',
      reason: '',
      requestId: 'r-1',
      nowMs: 1_000,
      token: 't-1',
    },
    ...more,
  };
}

export class JobsWorld {
  readonly clock = new ManualClock();
  readonly cluster = new FakeCluster();
  readonly store = new FakeDocuments();
  readonly warnings: object[] = [];

  constructor(nodes: readonly number[] = [1, 2, 3, 4, 5]) {
    for (const node of nodes) this.store.put(`nodes/${node}`, nodeDocument(node));
  }

  /** A shard, and what the map says of it. */
  shard(group: number, nodes: readonly number[], preferredLeader = nodes[0]): void {
    const { range, epoch, members } = this.cluster.add(group, nodes);
    const document = { group, range, epoch, members, ringPosition: group, preferredLeader };
    this.store.put(`shards/${group}`, document);
  }

  begin(actions: readonly StepAction[], limits: Partial<JobLimits> = {}): Promise<JobDocument> {
    const { epoch } = this.store.documents().map;
    const id = String(this.store.documents().plans.size + 1);
    const plan = planOf(actions, { id, baseEpoch: epoch });
    return this.store.transact((documents) =>
      beginJob(documents, plan, { planIsNew: true, limits }, authorOf()),
    );
  }

  driver(node: number, control: ClusterControl = this.cluster, store: DocumentStore = this.store) {
    const logger = { warn: (fields: object) => this.warnings.push(fields) };
    const driver = new JobDriver({ node, store, control, clock: this.clock, logger });
    driver.start();
    return driver;
  }

  job(id = '1'): JobDocument {
    const job = this.store.documents().jobs.get(id);
    if (job === undefined) throw new Error(`there is no job ${id}`);
    return job;
  }

  /** Lets time pass until `until`, at most a minute. */
  async run(until: () => boolean = () => this.job().endedMs !== undefined): Promise<void> {
    for (let round = 0; round < 240 && !until(); round += 1) {
      this.clock.advance(250);
      await settled();
    }
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      this.clock.advance(250);
      await settled();
    }
  }
}

/** Everything has run that waits for nothing but promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a driver reaches the world through: dead from one of its calls on. */
export class LifeLine implements ClusterControl {
  calls = 0;
  dead = false;
  readonly store: DocumentStore;
  readonly #world: JobsWorld;
  readonly #dies: { readonly at: number; readonly before: boolean };
  /** Requests that were on their way when it died, to be delivered later. */
  readonly late: (() => Promise<unknown>)[] = [];

  constructor(world: JobsWorld, dies: { readonly at: number; readonly before: boolean }) {
    this.#world = world;
    this.#dies = dies;
    this.store = {
      documents: () => world.store.documents(),
      transact: <T>(decide: (documents: ClusterDocuments) => Decision<T>) =>
        this.#call(() => world.store.transact(decide)),
      onChange: (run) => world.store.onChange(run),
    };
  }

  look(shard: number) {
    return this.#call(() => this.#world.cluster.look(shard));
  }

  changeMembers(shard: number, request: MembershipRequest) {
    return this.#call(() => this.#world.cluster.changeMembers(shard, request));
  }

  transferLeader(shard: number, to: number) {
    return this.#call(() => this.#world.cluster.transferLeader(shard, to));
  }

  split(request: SplitRequest) {
    return this.#call(() => this.#world.cluster.split(request));
  }

  merge(request: MergeRequest) {
    return this.#call(() => this.#world.cluster.merge(request));
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    if (this.dead) return new Promise(() => {});
    this.calls += 1;
    if (this.calls !== this.#dies.at) return run();
    this.dead = true;
    if (this.#dies.before) this.late.push(run);
    else await run().catch(() => {});
    return new Promise(() => {});
  }
}
