/**
 * A plan while it is made: the steps so far, and the cluster as it will be when they are done.
 * Each step is judged by what those before it have changed.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { type ClusterView, type ViewNode, type ViewShard, votersOf } from './cluster-view.js';
import { isUp } from './eligibility.js';
import { LoadModel } from './load-model.js';
import { type Intent, type Step, type StepAction, shardsOf } from './plan.js';
import { bytesOf } from './shard-cost.js';
import { takeEffect } from './step-effect.js';
import { Target } from './target.js';

export class Draft {
  /** With the intents in force. */
  readonly view: ClusterView;
  readonly model: LoadModel;
  readonly intents: readonly Intent[];
  readonly steps: Step[] = [];
  /** The least voters that are up in any shard of a step, at any moment of the plan. */
  healthyVotersMin = Number.POSITIVE_INFINITY;
  readonly #warnings = new Set<string>();
  readonly #nodes: ReadonlyMap<NodeId, ViewNode>;
  readonly #shards: Map<GroupId, ViewShard>;
  readonly #loads = new Map<NodeId, number>();
  readonly #leading = new Map<NodeId, number>();
  #nextGroup: GroupId;
  #target: Target | undefined;

  constructor(view: ClusterView, intents: readonly Intent[] = []) {
    this.view = withIntents(view, intents);
    this.intents = intents;
    this.model = new LoadModel(this.view);
    this.#nodes = new Map(view.nodes.map((node) => [node.id, node]));
    this.#shards = new Map(this.view.shards.map((shard) => [shard.group, shard]));
    this.#nextGroup = view.nextGroup;
    for (const shard of this.view.shards) this.#count(shard, 1);
  }

  /** Where everything belongs with the intents in force, as the steps began. */
  get target(): Target {
    this.#target ??= new Target(this.view, this.model);
    return this.#target;
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  warn(warning: string): void {
    this.#warnings.add(warning);
  }

  shard(group: GroupId): ViewShard {
    const shard = this.#shards.get(group);
    invariant(shard !== undefined, 'the plan knows which shards there are');
    return shard;
  }

  has(group: GroupId): boolean {
    return this.#shards.has(group);
  }

  node(id: NodeId): ViewNode | undefined {
    return this.#nodes.get(id);
  }

  /** What the node carries, in mean shards. */
  load(node: NodeId): number {
    return this.#loads.get(node) ?? 0;
  }

  /** What the node leads by preference, in mean shards. */
  leading(node: NodeId): number {
    return this.#leading.get(node) ?? 0;
  }

  /** How full the node would be with `cost` more, against its share. */
  fill(node: NodeId, cost: number): number {
    return (this.load(node) + cost) / Math.max(this.model.room(node).share, Number.MIN_VALUE);
  }

  upVoters(shard: ViewShard): NodeId[] {
    return votersOf(shard).filter((node) => isUp(this.node(node)));
  }

  takeGroup(): GroupId {
    const group = this.#nextGroup;
    this.#nextGroup += 1;
    return group;
  }

  push(action: StepAction, because: string): void {
    this.steps.push({ ...action, bytes: this.#bytes(action), because });
    const touched = shardsOf(action);
    for (const group of touched) this.#countGroup(group, -1);
    takeEffect(this.#shards, action, this.view.nowMs);
    for (const group of touched) this.#countGroup(group, 1);
    for (const group of touched) {
      const shard = this.#shards.get(group);
      if (shard === undefined) continue;
      this.healthyVotersMin = Math.min(this.healthyVotersMin, this.upVoters(shard).length);
    }
  }

  /** The cluster when all is done. */
  after(): ClusterView {
    const shards = [...this.#shards.values()].sort((a, b) => a.range.start - b.range.start);
    return { ...this.view, shards, nextGroup: this.#nextGroup };
  }

  /** What must be sent: a replica that is new on a node; a learner there has it already. */
  #bytes(action: StepAction): number {
    if (action.kind !== 'move' && action.kind !== 'add-replica') return 0;
    const shard = this.shard(action.shard);
    const to = action.kind === 'move' ? action.to : action.node;
    return shard.members.some((member) => member.node === to) ? 0 : bytesOf(shard);
  }

  #countGroup(group: GroupId, sign: 1 | -1): void {
    const shard = this.#shards.get(group);
    if (shard !== undefined) this.#count(shard, sign);
  }

  #count(shard: ViewShard, sign: 1 | -1): void {
    const cost = this.model.costs.of(shard) * sign;
    for (const { node } of shard.members) this.#loads.set(node, this.load(node) + cost);
    const leader = shard.preferredLeader;
    this.#leading.set(leader, this.leading(leader) + this.model.costs.leading(shard) * sign);
  }
}

export function withIntents(view: ClusterView, intents: readonly Intent[]): ClusterView {
  let current = view;
  for (const intent of intents) current = withIntent(current, intent);
  return current;
}

function withIntent(view: ClusterView, intent: Intent): ClusterView {
  switch (intent.kind) {
    case 'draining': {
      const { node: drained } = intent;
      const mark = (node: ViewNode) => (node.id === drained ? { ...node, draining: true } : node);
      return { ...view, nodes: view.nodes.map(mark) };
    }
    case 'replicas':
      return { ...view, settings: { ...view.settings, replicas: intent.replicas } };
    case 'read-replicas': {
      const { shard: group, count: readReplicas } = intent;
      const mark = (shard: ViewShard) =>
        shard.group === group ? { ...shard, readReplicas } : shard;
      return { ...view, shards: view.shards.map(mark) };
    }
  }
}
