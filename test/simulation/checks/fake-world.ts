/**
 * A world without a simulator, for tests of the checks: nodes that do what the test says, be it
 * possible or not.
 */
import { initialShardMap } from '../../../src/kv/shard/shard-map.js';
import { encodeCommand } from '../../../src/kv/store/command.js';
import type { CommandResult } from '../../../src/kv/store/types.js';
import type { RaftStatus } from '../../../src/raft/core/options.js';
import type {
  Configuration,
  Entry,
  HardState,
  Member,
  Message,
  Term,
} from '../../../src/raft/core/types.js';
import type { GroupWrite, WalBatch } from '../../../src/raft/wal/types.js';
import type { Observer, ProcessView, WorldView } from '../observer.js';
import { invariants } from './invariants.js';

export const group = 1;

export function membersOn(...nodes: number[]): Member[] {
  return nodes.map((node) => ({ node, replica: node }));
}

export function configuration(change: Partial<Configuration> = {}): Configuration {
  const voters = membersOn(1, 2, 3);
  const empty = { outgoing: [], learners: [], learnersNext: [], autoLeave: false };
  return { voters, ...empty, nextReplica: 10, ...change };
}

/** A put of that value. */
export function entry(index: number, term: Term, value = `${index}/${term}`): Entry {
  const header = { key: Buffer.from('k'), condition: {}, rangeEpoch: 1, timeMs: 0 };
  const put = { type: 'put', ...header, value: Buffer.from(value), contentType: '' } as const;
  return { index, term, kind: 1, data: encodeCommand({ ...put, expiresMs: 0 }) };
}

/** One node with one replica, whose id is the node's. */
export class FakeNode {
  readonly id: number;
  readonly world: FakeWorld;
  status: RaftStatus;
  paused = false;
  failure: Error | undefined;
  revision = 0;
  stateDurable = 0;
  hash = 'same';
  /** What its core has. */
  terms: Term[] = [0];
  hardState: HardState = { term: 0, vote: 0, commit: 0 };

  constructor(world: FakeWorld, id: number) {
    this.world = world;
    this.id = id;
    this.status = {
      self: id,
      role: 'follower',
      term: 0,
      vote: 0,
      leader: 0,
      firstIndex: 1,
      lastIndex: 0,
      durable: 0,
      commit: 0,
      applied: 0,
      configuration: configuration(),
      pendingChange: false,
      isVoter: true,
      removed: false,
      uninitialised: false,
      installing: false,
      quiet: false,
      transferring: false,
      fetching: undefined,
      wantsSnapshot: false,
      handingOver: undefined,
    };
  }

  get process(): ProcessView {
    const { id, world } = this;
    const raft = {
      status: this.status,
      role: this.status.role,
      membership: { configuration: this.status.configuration },
      termAt: (index: number) => this.terms[index],
    };
    const shard = {
      group,
      range: { start: 0, end: 2 ** 32 },
      epoch: { range: 1, members: 1 },
      revision: this.revision,
      applied: this.status.applied,
      timeMs: 0,
    };
    const process = world.processes.get(id) ?? {};
    world.processes.set(id, process);
    return Object.assign(process, {
      node: id,
      incarnation: 1,
      kv: { shards: () => [{ shard: group, replica: { durable: this.stateDurable } }] },
      wal: { failure: this.failure },
      groups: () => [{ id: group, raft }],
      group: (of: number) => (of === group ? { id: group, raft } : undefined),
      shards: () => [shard],
      rows: () => [],
      stateHash: () => this.hash,
    }) as unknown as ProcessView;
  }

  /** Hands a write to the log, and has it durable unless `later`. */
  write(write: Partial<GroupWrite>, later = false): this {
    const whole = { group, entries: [], ...write };
    const batch = { created: [], removed: [], writes: [whole] };
    for (const { index, term } of whole.entries) {
      this.terms.length = index;
      this.terms.push(term);
    }
    this.hardState = whole.hardState ?? this.hardState;
    this.world.observer.appendWritten?.(this.process, batch);
    if (!later) this.world.observer.appendDurable?.(this.process, batch);
    return this;
  }

  vote(term: Term, candidate: number, commit = this.hardState.commit): this {
    return this.write({ hardState: { term, vote: candidate, commit } });
  }

  append(entries: readonly Entry[], later = false): this {
    const term = Math.max(this.hardState.term, entries.at(-1)?.term ?? 0);
    const vote = term === this.hardState.term ? this.hardState.vote : 0;
    const { commit } = this.hardState;
    return this.write({ entries, hardState: { term, vote, commit } }, later);
  }

  /** Something happened to it, and this is what it says afterwards. */
  becomes(status: Partial<RaftStatus>): this {
    this.status = { ...this.status, lastIndex: this.terms.length - 1, ...status };
    this.world.observer.received?.(this.process, 9, [{ group, message: silence }]);
    this.world.observer.afterEvent?.(this.id);
    return this;
  }

  /** It was asked before, unless not `heard`. */
  sends(message: Partial<Message> & Pick<Message, 'type'>, heard = true): this {
    const to = { from: this.id, to: 1, term: this.status.term, ...message } as Message;
    const { term } = to;
    const asked = { type: 'read-index', from: to.to, to: to.from, term, context: 0 } as const;
    if (heard) this.world.observer.received?.(this.process, to.to, [{ group, message: asked }]);
    this.world.observer.sent?.(this.process, to.to, [{ group, message: to }]);
    return this;
  }

  hears(message: Partial<Message> & Pick<Message, 'type'>): this {
    const from = { from: 1, to: this.id, term: this.status.term, ...message } as Message;
    this.world.observer.received?.(this.process, from.from, [{ group, message: from }]);
    return this;
  }

  applies(entries: readonly Entry[], results: readonly (CommandResult | undefined)[] = []): this {
    this.world.observer.applied?.(this.process, group, entries, results);
    this.status = { ...this.status, applied: entries.at(-1)?.index ?? 0 };
    return this;
  }
}

const silence = { type: 'read-index', from: 9, to: 9, term: 0, context: 0 } as const;

export class FakeWorld {
  nowMs = 0;
  readonly violations: string[] = [];
  readonly processes = new Map<number, object>();
  readonly fakes: readonly FakeNode[];
  readonly view: WorldView;
  readonly observer: Observer;

  constructor(ids: readonly number[] = [1, 2, 3], born = configuration()) {
    this.fakes = ids.map((id) => new FakeNode(this, id));
    const zones = ids.map((id) => ({ id, zone: `${id}`, weight: 1 }));
    const { map } = initialShardMap({ nodes: zones, shards: 1, replicas: 3 });
    const world = this;
    const nodes = this.fakes.map((fake) => ({
      id: fake.id,
      state: 'running' as const,
      spoiled: new Set<number>(),
      get paused() {
        return fake.paused;
      },
      get monotonicMs() {
        return world.nowMs;
      },
      get process() {
        return fake.process;
      },
    }));
    this.view = {
      get nowMs() {
        return world.nowMs;
      },
      seed: 1,
      map,
      nodes,
      node: (id) => nodes.find((node) => node.id === id) ?? raise(`no node ${id}`),
      violated: (invariant, what) => this.violations.push(`${invariant}: ${what}`),
    };
    this.observer = invariants(this.view, { electionMs: 100 });
    for (const { id, process } of this.fakes) this.#born(id, process, born);
  }

  #born(id: number, process: ProcessView, born: Configuration): void {
    const mark = { index: 0, term: 0, configuration: born };
    const hardState = { term: 0, vote: 0, commit: 0 };
    const created = [{ group, replica: id, mark, hardState }];
    const batch: WalBatch = { created, removed: [], writes: [] };
    this.observer.recovered?.(process, { groups: [], tombstones: new Map(), fresh: true });
    this.observer.appendWritten?.(process, batch);
    this.observer.appendDurable?.(process, batch);
  }

  node(id: number): FakeNode {
    return this.fakes.find((fake) => fake.id === id) ?? raise(`no node ${id}`);
  }

  /** Node 1 is elected for term 1 by itself and node 2, and has its first entry everywhere. */
  elected(): this {
    this.node(1).vote(1, 1);
    this.node(2).vote(1, 1);
    this.node(1).becomes({ role: 'leader', term: 1 });
    for (const id of [1, 2, 3]) this.node(id).append([entry(1, 1)]);
    return this;
  }
}

function raise(what: string): never {
  throw new Error(what);
}
