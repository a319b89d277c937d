/**
 * A whole cluster in this process, with time, network and disks of its own. What happens in it
 * follows from the plan and from nothing else.
 */
import type { ClusterConfiguration } from '../../src/kv/cluster-configuration.js';
import { initialShardMap, type ShardMap } from '../../src/kv/shard/shard-map.js';
import type { Clock } from '../../src/raft/clock.js';
import type { GroupId, NodeId } from '../../src/raft/core/types.js';
import { Coverage } from './coverage.js';
import { Machine } from './machine.js';
import { MemoryNetwork } from './memory-network.js';
import { drainMicrotasks } from './microtasks.js';
import type { Observer, WorldView } from './observer.js';
import { RandomStreams } from './random-streams.js';
import type { RunPlan } from './run-plan.js';
import { Trace, type TraceOptions } from './trace.js';
import { VirtualTime } from './virtual-time.js';
import { allObservers } from './world-hooks.js';

export interface Violation {
  /** As in testing.md: `R5`. */
  readonly invariant: string;
  readonly what: string;
  readonly atMs: number;
}

export interface WorldParts {
  readonly plan: RunPlan;
  /** Where SQLite's files may be; removed by whoever made it. */
  readonly folder: string;
  readonly trace: TraceOptions;
  readonly observers: (world: World) => readonly Observer[];
}

export class World implements WorldView {
  readonly plan: RunPlan;
  readonly folder: string;
  readonly time = new VirtualTime();
  readonly streams: RandomStreams;
  readonly trace: Trace;
  readonly coverage = new Coverage();
  readonly configuration: ClusterConfiguration;
  readonly map: ShardMap;
  readonly network: MemoryNetwork;
  readonly nodes: readonly Machine[];
  readonly hooks: Required<Observer>;
  violation: Violation | undefined;
  readonly #changingUntilMs = new Map<GroupId, number>();

  constructor({ plan, folder, trace, observers }: WorldParts) {
    this.plan = plan;
    this.folder = folder;
    this.streams = new RandomStreams(plan.seed);
    this.trace = new Trace({ nowMs: () => this.time.nowMs, folder }, trace);
    const { nodes, shards, replicas } = plan.cluster;
    const ids = Array.from({ length: nodes }, (_, i) => i + 1);
    const members = ids.map((id) => ({ id, zone: `${id}`, weight: 1 }));
    this.configuration = { nodes: members, shards, replicas };
    this.map = initialShardMap(this.configuration).map;
    this.network = this.#buildNetwork();
    this.nodes = ids.map((id) => new Machine(this, id));
    this.hooks = allObservers([this.coverage, ...observers(this)]);
  }

  /** Somebody has asked for a change of the shard's members, which may begin until then. */
  membersChange(shard: GroupId, untilMs: number): void {
    this.#changingUntilMs.set(shard, untilMs);
  }

  changingUntilMs(shard: GroupId): number {
    return this.#changingUntilMs.get(shard) ?? 0;
  }

  #buildNetwork(): MemoryNetwork {
    const { silenceMs, reconnectMs, ...weather } = this.plan.network;
    return new MemoryNetwork({
      clock: trueClock(this.time),
      random: this.streams.stream('network').next,
      randomOf: (from, to) => this.streams.stream(`network/${from}/${to}`).next,
      faults: weather,
      limits: { silenceMs, pingIntervalMs: Math.floor(silenceMs / 3) },
      reconnectMs,
    });
  }

  get seed(): number {
    return this.plan.seed;
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  get ids(): readonly NodeId[] {
    return this.nodes.map(({ id }) => id);
  }

  node(id: NodeId): Machine {
    const machine = this.nodes.find((node) => node.id === id);
    if (machine === undefined) throw new Error(`there is no node ${id}`);
    return machine;
  }

  violated(invariant: string, what: string): void {
    const short = what.replaceAll(/x{4,}/g, '...');
    this.trace.line(undefined, () => `VIOLATED ${invariant}: ${short}`);
    this.violation ??= { invariant, what: short, atMs: this.nowMs };
  }

  /** Runs events until then, or until an invariant is broken; false in that case. */
  run(untilMs: number, until: () => boolean = () => false): boolean {
    while (this.violation === undefined && this.time.step(untilMs)) {
      drainMicrotasks();
      this.trace.note(this.time.nowMs, this.time.node ?? 0);
      this.hooks.afterEvent(this.time.node);
      if (until()) break;
    }
    return this.violation === undefined;
  }

  /** Something worth a line. */
  event(node: NodeId | undefined, text: string): void {
    this.trace.note(node ?? 0, text.length);
    this.trace.line(node, () => text);
  }

  /** For the summary: a fault has struck. */
  covered(what: string): void {
    this.coverage.count(what);
  }

  log(node: NodeId, level: string, fields: object, message: string): void {
    this.trace.line(node, () => `${level}: ${message}${fieldsText(fields)}`);
  }
}

function fieldsText(fields: object): string {
  let text = '';
  for (const [name, value] of Object.entries(fields)) {
    text += ` ${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`;
  }
  return text;
}

/** Time as the network knows it; nobody pauses it. */
function trueClock(time: VirtualTime): Clock {
  return {
    monotonicMs: () => time.nowMs,
    wallMs: () => time.nowMs,
    after: (delayMs, run) => time.after(delayMs, run),
    every: () => {
      throw new Error('the network has no periods');
    },
    soon: (run) => void time.after(0, run),
  };
}
