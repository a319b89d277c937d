/**
 * Hosts of one cluster with logs, state machines and a network that do what the test says. Time
 * stands still unless the test moves it; messages arrive in `pump`, in the order they were sent.
 */
import type { Test } from 'tap';
import { defaultLimits, defaultTiming } from '../../src/raft/core/options.js';
import type { Configuration, GroupId, Message, NodeId } from '../../src/raft/core/types.js';
import { Host } from '../../src/raft/host.js';
import {
  defaultHostLimits,
  defaultHostTiming,
  type HostLimits,
  type RemovedReplica,
  type RoleChange,
} from '../../src/raft/host-options.js';
import { defaultSnapshotLimits, type SnapshotLimits } from '../../src/raft/snapshots/limits.js';
import { type GroupMessage, RequestError } from '../../src/raft/transport/types.js';
import type { RecoveredGroup } from '../../src/raft/wal/types.js';
import { ManualClock } from '../simulation/manual-clock.js';
import { SeededRandom } from './core/seeded-random.js';
import { FakeStateMachine } from './fake-state-machine.js';
import { FakeWal } from './fake-wal.js';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

export interface HostWorldOptions {
  readonly nodes?: number;
  readonly groups?: number;
  /** Nodes that hold every group from the start; the others hold nothing. */
  readonly members?: number;
  readonly stateMachine?: (node: NodeId) => FakeStateMachine;
  readonly limits?: Partial<HostLimits>;
  readonly snapshotLimits?: Partial<SnapshotLimits>;
  readonly raftLimits?: Partial<typeof defaultLimits>;
}

export class WorldHost {
  readonly node: NodeId;
  readonly wal: FakeWal;
  readonly stateMachine: FakeStateMachine;
  readonly host: Host;
  readonly failures: Error[] = [];
  readonly roles: RoleChange[] = [];
  readonly removed: RemovedReplica[] = [];
  readonly lines: LogLine[] = [];
  readonly sent: { to: NodeId; messages: readonly GroupMessage[] }[] = [];

  constructor(node: NodeId, world: HostWorld, options: HostWorldOptions, old?: WorldHost) {
    this.node = node;
    this.wal = old?.wal ?? new FakeWal(births(node, options));
    this.stateMachine = old?.stateMachine ?? options.stateMachine?.(node) ?? new FakeStateMachine();
    const log = (level: LogLine['level']) => (fields: object, message: string) => {
      this.lines.push({ level, fields, message });
    };
    this.host = new Host({
      wal: this.wal,
      stateMachine: this.stateMachine,
      clock: world.clock,
      random: new SeededRandom(node).next,
      logger: { info: log('info'), warn: log('warn'), error: log('error') },
      raftTiming: defaultTiming,
      raftLimits: { ...defaultLimits, ...options.raftLimits },
      timing: defaultHostTiming,
      limits: { ...defaultHostLimits, ...options.limits },
      snapshotLimits: { ...defaultSnapshotLimits, ...options.snapshotLimits },
      mayLive: (group) => group <= 9,
      onRemoved: (removed) => this.removed.push(removed),
      transport: {
        request: (to, body) => world.request(node, to, body),
        send: (to, messages) => {
          this.sent.push({ to, messages });
          world.queue.push({ from: node, to, messages });
        },
      },
      onRole: (change) => this.roles.push(change),
      onFailure: (error) => this.failures.push(error),
    });
  }
}

interface Frame {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly messages: readonly GroupMessage[];
}

export interface Hop {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
}

export class HostWorld {
  readonly clock = new ManualClock();
  readonly hosts: WorldHost[];
  queue: Frame[] = [];
  /** Messages for which this is false are lost. */
  reaches: (hop: Hop) => boolean = () => true;
  /** Requests for which this is false are lost. */
  connects: (ends: Pick<Hop, 'from' | 'to'>) => boolean = () => true;
  requests = 0;

  readonly #options: HostWorldOptions;

  constructor(t: Test, options: HostWorldOptions = {}) {
    this.#options = options;
    const ids = Array.from({ length: options.nodes ?? 3 }, (_, i) => i + 1);
    this.hosts = ids.map((node) => new WorldHost(node, this, options));
    for (const { host, wal } of this.hosts) host.start(wal.found());
    t.teardown(async () => {
      for (const { host, wal } of this.hosts) {
        wal.automatic = true;
        wal.complete();
        await host.close();
      }
    });
  }

  /** Another host on the log and state of this node's, as after a restart; not started. */
  another(node: NodeId): WorldHost {
    return new WorldHost(node, this, this.#options, this.at(node));
  }

  /** The host of a closed one's node begins again with what log and state have. */
  restart(node: NodeId): void {
    const again = this.another(node);
    this.hosts[node - 1] = again;
    again.host.start(again.wal.found());
  }

  at(node: NodeId): WorldHost {
    const found = this.hosts[node - 1];
    if (found === undefined) throw new Error(`no node ${node}`);
    return found;
  }

  /** Requests between nodes are answered at once; a cut line loses them. */
  async request(from: NodeId, to: NodeId, body: Uint8Array): Promise<Buffer> {
    this.requests += 1;
    if (!this.connects({ from, to })) throw new RequestError('not-sent', 'the line is cut');
    return this.at(to).host.snapshots.serve({ from, body: Buffer.from(body), timeoutMs: 5_000 });
  }

  /** Runs turns and delivers messages until nothing happens any more at this moment. */
  async pump(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      this.clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
      const frames = this.queue;
      this.queue = [];
      for (const { from, to, messages } of frames) {
        const arrived = messages.filter(({ message }) => this.reaches({ from, to, message }));
        if (arrived.length === 0) continue;
        this.hosts[to - 1]?.host.onMessages(from, arrived);
        quiet = -1;
      }
    }
  }

  /** Lets time pass in steps of a tick. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += defaultHostTiming.tickMs) {
      this.clock.advance(defaultHostTiming.tickMs);
      await this.pump();
    }
  }

  /** Only frames between these nodes arrive from now on. */
  isolate(...nodes: NodeId[]): void {
    this.reaches = ({ from, to }) => nodes.includes(from) && nodes.includes(to);
  }

  /** Nobody hears anybody until every leader has stepped down and every vote is free. */
  async silence(): Promise<void> {
    this.isolate();
    await this.pass(1_300);
  }

  async elect(node: NodeId, group: GroupId = 1): Promise<void> {
    // A first campaign may only learn that there was a later term.
    for (let attempt = 0; attempt < 3 && !this.leads(node, group); attempt += 1) {
      this.at(node).host.campaign(group);
      await this.pump();
    }
    if (!this.leads(node, group)) throw new Error(`node ${node} was not elected`);
  }

  leads(node: NodeId, group: GroupId = 1): boolean {
    return this.at(node).host.group(group)?.raft.role === 'leader';
  }
}

/** Replica ids differ from node ids, so that mixing them up shows. */
export function replicaOf(node: NodeId): number {
  return node + 10;
}

export function configurationOf(nodes: number): Configuration {
  const voters = Array.from({ length: nodes }, (_, i) => ({
    node: i + 1,
    replica: replicaOf(i + 1),
  }));
  return {
    voters,
    outgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false,
    nextReplica: 100,
  };
}

function births(
  node: NodeId,
  { nodes = 3, groups = 1, members = nodes }: HostWorldOptions,
): RecoveredGroup[] {
  if (node > members) return [];
  return Array.from({ length: groups }, (_, i) => ({
    group: i + 1,
    replica: replicaOf(node),
    mark: { index: 0, term: 0, configuration: configurationOf(members) },
    hardState: { term: 0, vote: 0, commit: 0 },
    lastIndex: 0,
    terms: [],
    configurations: [],
  }));
}

/** A promise's value once it has one. */
export function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const seen: { value: T | undefined } = { value: undefined };
  void promise.then((value) => {
    seen.value = value;
  });
  return seen;
}

export function sentMessages(host: WorldHost): Message[] {
  return host.sent.flatMap(({ messages }) => messages.map(({ message }) => message));
}
