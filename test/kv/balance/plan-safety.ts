/**
 * What must hold at every step of every plan, looked at from outside: by counting, not by the
 * rules that made the plan.
 */
import type { ClusterView, ViewShard } from '../../../src/kv/balance/cluster-view.js';
import { withIntents } from '../../../src/kv/balance/draft.js';
import type { Plan, Step } from '../../../src/kv/balance/plan.js';
import { takeEffect } from '../../../src/kv/balance/step-effect.js';
import { replicasOn } from '../../../src/kv/cluster-configuration.js';
import { coverDefect } from '../../../src/kv/shard/range.js';

/** The first thing that is wrong with the plan; undefined when it is safe. */
export function planDefect(view: ClusterView, plan: Plan): string | undefined {
  const started = withIntents(view, plan.intents);
  const table = new Map(started.shards.map((shard) => [shard.group, shard]));
  for (const [index, step] of plan.steps.entries()) {
    const before = new Map(table);
    takeEffect(table, step, view.nowMs);
    const after = [...table.values()];
    const defect =
      stepDefect(started, step, before) ??
      first(after, (shard) => shardDefect(started, before.get(shard.group), shard)) ??
      coverDefect(after.map((shard) => shard.range).sort((a, b) => a.start - b.start));
    if (defect !== undefined) return `step ${index + 1} (${JSON.stringify(step)}): ${defect}`;
  }
  return undefined;
}

function stepDefect(
  view: ClusterView,
  step: Step,
  shards: ReadonlyMap<number, ViewShard>,
): string | undefined {
  const node = (id: number) => view.nodes.find((candidate) => candidate.id === id);
  const touched = 'shard' in step ? [step.shard] : [step.left, step.right];
  if (touched.some((group) => view.busy.has(group))) return 'a job holds the shard';
  for (const group of touched) {
    const up = upVoters(view, shards.get(group));
    const all = voterIds(shards.get(group)).length;
    if (2 * up.length <= all) return 'a shard without a majority is changed';
  }
  if (step.kind === 'move' || step.kind === 'add-replica') {
    const to = step.kind === 'move' ? step.to : step.node;
    if (node(to)?.state !== 'up') return `node ${to} is not up`;
    if (node(to)?.draining) return `node ${to} is being drained`;
  }
  if (step.kind === 'move' || step.kind === 'remove-replica') {
    const from = step.kind === 'move' ? step.from : step.node;
    const shard = shards.get(step.shard);
    if (shard?.preferredLeader === from) {
      const other = upVoters(view, shard).some((id) => id !== from && !node(id)?.draining);
      if (other) return `node ${from} is to lead the shard and gives it away`;
    }
  }
  if (step.kind === 'transfer-leader' && node(step.to)?.state !== 'up') return 'leader is away';
  if (step.kind === 'merge') {
    const [left, right] = [shards.get(step.left), shards.get(step.right)];
    if (String(voterIds(left)) !== String(voterIds(right))) return 'merge of different nodes';
  }
  return undefined;
}

function shardDefect(
  view: ClusterView,
  before: ViewShard | undefined,
  after: ViewShard,
): string | undefined {
  if (before === undefined || before === after) return undefined;
  const staying = view.nodes.filter((node) => !node.draining).length;
  const wanted = replicasOn(Math.max(1, staying), view.settings.replicas);
  const count = voterIds(after).length;
  if (count < voterIds(before).length && count < wanted) return `${count} of ${wanted} replicas`;
  const up = upVoters(view, after).length;
  if (2 * up <= count) return `${up} of ${count} voters are up`;
  const members = after.members.map((member) => member.node);
  if (new Set(members).size < members.length) return 'two replicas on one node';
  if (!voterIds(after).includes(after.preferredLeader)) return 'the preferred leader is no voter';
  return first(view.pins, (pin) => {
    if (pin.shard !== after.group) return undefined;
    const held = (shard: ViewShard) => voterIds(shard).includes(pin.node);
    const here = (shard: ViewShard) => shard.members.some((member) => member.node === pin.node);
    const forbidden = view.pins.some(
      ({ shard, node, kind }) => shard === pin.shard && node === pin.node && kind === 'no-replica',
    );
    if (pin.kind === 'no-replica') {
      return here(after) && !here(before) ? `against pin ${pin.id}` : undefined;
    }
    if (forbidden) return undefined;
    if (held(before) && !held(after)) return `undoes pin ${pin.id}`;
    if (pin.kind !== 'leader') return undefined;
    const otherPin = view.pins.some(
      ({ shard, node, kind }) => shard === pin.shard && kind === 'leader' && node !== pin.node,
    );
    const left = before.preferredLeader === pin.node && after.preferredLeader !== pin.node;
    return left && !otherPin ? `leads away from pin ${pin.id}` : undefined;
  });
}

function voterIds(shard: ViewShard | undefined): number[] {
  const members = shard?.members ?? [];
  return members.flatMap(({ node, role }) => (role === 'voter' ? [node] : []));
}

function upVoters(view: ClusterView, shard: ViewShard | undefined): number[] {
  const up = new Set(view.nodes.filter((node) => node.state === 'up').map((node) => node.id));
  return voterIds(shard).filter((node) => up.has(node));
}

function first<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
