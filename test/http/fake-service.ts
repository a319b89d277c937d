/**
 * A KvService in one Map: decides as the real one does, and can be told to fail, to wait or to be
 * slow. For tests and the benchmark of the HTTP layer.
 */
import type {
  KvService,
  MembershipAnswer,
  MembershipRequest,
  NodeObserver,
  NodeStatistics,
  NodeStatus,
  ReadAnswer,
  ReadRequest,
  ReadyCheck,
  RequestContext,
  ShardStatus,
  TransferAnswer,
  TransferRequest,
  WriteAnswer,
  WriteRequest,
} from '../../src/kv/service.js';
import type { SnapshotTransfer } from '../../src/raft/snapshots/statistics.js';

interface Stored {
  readonly value: Buffer;
  readonly contentType: string;
  readonly revision: number;
}

export class FakeService implements KvService {
  readonly node = 1;
  readonly cluster = 'test';
  readonly version = '0.0.0-test';
  observer: NodeObserver | undefined;
  failure: Error | undefined;
  readonly stored = new Map<string, Stored>();
  readonly writes: { readonly request: WriteRequest; readonly context: RequestContext }[] = [];
  readonly reads: { readonly request: ReadRequest; readonly context: RequestContext }[] = [];
  /** Runs before every write or read: throw, or wait. */
  before: ((request: WriteRequest | ReadRequest) => Promise<void> | void) | undefined;
  stalenessMs: number | undefined = 12;
  decidedBy = 1;
  checks: ReadyCheck[] = [{ name: 'disk', ok: true, detail: 'ok' }];
  leaderless = false;
  /** What operators asked for. */
  readonly operations: {
    readonly shard: number;
    readonly request: MembershipRequest | TransferRequest;
    readonly context: RequestContext;
  }[] = [];
  beforeOperation: (() => Promise<void> | void) | undefined;
  /** What is different from a change that is done. */
  membership: Partial<MembershipAnswer> = {};
  transfers: SnapshotTransfer[] = [];
  #revision = 0;

  async write(request: WriteRequest, context: RequestContext): Promise<WriteAnswer> {
    this.writes.push({ request, context });
    if (this.before !== undefined) await this.before(request);
    const key = request.key.toString('latin1');
    const current = this.stored.get(key);
    const { ifMatch, ifNoneMatch } = request.condition;
    const decided = { shard: this.shardOf(request.key), node: this.decidedBy };
    const failed =
      (ifMatch === '*' && current === undefined) ||
      (typeof ifMatch === 'number' && current?.revision !== ifMatch) ||
      (ifNoneMatch === '*' && current !== undefined);
    if (failed) {
      const outcome = 'precondition-failed';
      return { ...decided, shardRevision: this.#revision, outcome, current: current?.revision };
    }
    if (request.type === 'delete') {
      if (!this.stored.delete(key)) {
        return { ...decided, shardRevision: this.#revision, outcome: 'absent' };
      }
      this.#revision += 1;
      return { ...decided, shardRevision: this.#revision, outcome: 'deleted' };
    }
    this.#revision += 1;
    const { value, contentType } = request;
    this.stored.set(key, { value, contentType, revision: this.#revision });
    const outcome = current === undefined ? 'created' : 'replaced';
    return { ...decided, shardRevision: this.#revision, outcome };
  }

  async read(request: ReadRequest, context: RequestContext): Promise<ReadAnswer> {
    this.reads.push({ request, context });
    if (this.before !== undefined) await this.before(request);
    const found = this.stored.get(request.key.toString('latin1'));
    const { stalenessMs } = this;
    const answer = {
      shard: this.shardOf(request.key),
      node: this.decidedBy,
      shardRevision: this.#revision,
      found,
    };
    if (request.consistency !== 'stale' || stalenessMs === undefined) return answer;
    return { ...answer, stalenessMs };
  }

  shardOf(key: Buffer): number {
    return 1 + ((key[0] ?? 0) % 12);
  }

  async changeMembers(
    shard: number,
    request: MembershipRequest,
    context: RequestContext,
  ): Promise<MembershipAnswer> {
    this.operations.push({ shard, request, context });
    if (this.beforeOperation !== undefined) await this.beforeOperation();
    return {
      shard,
      node: this.decidedBy,
      state: 'done',
      changed: true,
      detail: `Node ${request.node} is done.`,
      steps: [{ step: 'remove', node: request.node, state: 'done', detail: '' }],
      epoch: 4,
      members: [{ node: 1, replica: 1, role: 'voter' }],
      ...this.membership,
    };
  }

  async transferLeader(
    shard: number,
    request: TransferRequest,
    context: RequestContext,
  ): Promise<TransferAnswer> {
    this.operations.push({ shard, request, context });
    if (this.beforeOperation !== undefined) await this.beforeOperation();
    const leader = request.to === 'best' ? 2 : request.to;
    const state = request.dryRun ? 'planned' : 'done';
    const detail = `Node ${leader} leads the shard.`;
    return { shard, node: this.decidedBy, state, changed: true, leader, term: 7, detail };
  }

  shards(): readonly ShardStatus[] {
    const replica = {
      shard: 1,
      replica: 1,
      role: 'leader' as const,
      term: 3,
      leader: 1,
      lastIndex: 20,
      commit: 19,
      applied: 17,
      durable: 10,
      firstIndex: 1,
      revision: this.#revision,
      behindTail: false,
      quorumActive: !this.leaderless,
      voter: true,
      quiet: false,
      installing: false,
      damaged: false,
    };
    const members = [1, 2, 3].map((node) => ({ node, replica: node, role: 'voter' as const }));
    const common = { epoch: { range: 1, members: 1 }, members, changing: false };
    return [
      { shard: 1, range: { start: 0, end: 2 ** 31 }, ...common, leader: 1, replica },
      {
        shard: 2,
        range: { start: 2 ** 31, end: 2 ** 32 },
        ...common,
        leader: this.leaderless ? undefined : 2,
        replica: undefined,
      },
    ];
  }

  nodes(): readonly NodeStatus[] {
    const common = { zone: 'a', weight: 1, version: this.version };
    return [
      {
        ...common,
        node: 1,
        httpAddress: '127.0.0.1:8401',
        peerAddress: '127.0.0.1:9401',
        self: true,
        connected: true,
        peer: undefined,
      },
      {
        ...common,
        node: 2,
        httpAddress: undefined,
        peerAddress: '127.0.0.1:9402',
        self: false,
        connected: false,
        peer: {
          node: 2,
          address: '127.0.0.1:9402',
          connected: false,
          info: undefined,
          lastError: 'connection refused',
          queuedBytes: 7,
          droppedMessages: 2,
          roundTripMs: undefined,
        },
      },
    ];
  }

  readiness(): readonly ReadyCheck[] {
    return this.checks;
  }

  statistics(): NodeStatistics {
    return {
      wal: {
        batches: 10,
        entries: 250,
        bytes: 65_536,
        syncMsTotal: 12,
        syncMsMax: 3,
        segments: 2,
        segmentBytes: 8_388_608,
      },
      store: {
        walBytes: 4096,
        databaseBytes: 8192,
        checkpoints: 5,
        holds: 1,
        holdMsTotal: 4,
        holdMsMax: 4,
        transactions: 9,
        appliedEntries: 250,
      },
      queues: [{ name: 'proposals', length: 3, limit: 4096 }],
      forwardedRequests: 11,
      servedForwardedRequests: 12,
      readRounds: 13,
      droppedMessages: 14,
      elections: 15,
      snapshots: {
        transfers: this.transfers,
        made: 16,
        received: 17,
        installed: 18,
        failed: 19,
        sentBytes: 20,
        receivedBytes: 21,
      },
      administration: {
        changesUnderWay: 26,
        changesDone: 27,
        changesRefused: 28,
        changesLeft: 29,
        transfersDone: 30,
        transfersFailed: 31,
      },
      quietGroups: 22,
      stateChecks: 23,
      damagedReplicas: 24,
      slowDiskHandOvers: 25,
    };
  }
}
