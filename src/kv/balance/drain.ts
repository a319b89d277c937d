/**
 * Empties a node. Refused as a whole when one of its shards could not leave: an operator who is
 * told "drained" switches the machine off.
 */
import { replicasOn } from '../cluster-configuration.js';
import type { ClusterView } from './cluster-view.js';
import type { Draft } from './draft.js';
import { moveAway } from './fill-up.js';
import type { Refusal } from './plan.js';
import { firstOf, immovable, unknownNode } from './refusals.js';
import { holdingPin } from './rules.js';
import type { SingleGoal } from './single-steps.js';
import { roleOf } from './step-effect.js';

/** So many obstacles are named, the others counted. */
const namedMax = 5;

/** `before` is the cluster as it is; in the draft the node is marked as draining already. */
export function planDrain(
  draft: Draft,
  before: ClusterView,
  { node }: SingleGoal<'drain'>,
): Refusal | undefined {
  const held = draft.view.shards.filter((shard) => roleOf(shard, node) !== undefined);
  const refusal = firstOf(
    () => unknownNode(draft, node),
    () => (held.length === 0 ? undefined : tooFewNodes(draft, before)),
    () => {
      const pins = held.flatMap((shard) => holdingPin(draft, shard, node) ?? []);
      if (pins.length === 0) return undefined;
      const listed = first(
        pins.map((pin) => `pin ${pin.id} of shard ${pin.shard}`),
        'and',
      ).join(', ');
      const reason = `Replicas are held on node ${node} by ${listed}.`;
      return { code: 'pinned', reason, next: 'Delete these pins, or pin to another node, first.' };
    },
    ...held.map((shard) => () => immovable(draft, shard)),
  );
  if (refusal !== undefined) return refusal;
  const obstacles = held.flatMap((shard) => moveAway(draft, shard.group, node) ?? []);
  if (obstacles.length === 0) return undefined;
  const next = 'Add a node, or bring back those that are away, and plan again.';
  return { code: 'too_few_nodes', reason: first(obstacles, 'And').join(' '), next };
}

function tooFewNodes(draft: Draft, before: ClusterView): Refusal | undefined {
  const count = before.nodes.filter((node) => !node.draining).length;
  const now = replicasOn(count, before.settings.replicas);
  const then = draft.model.replicasWanted;
  const staying = draft.view.nodes.filter((node) => !node.draining).length;
  if (staying > 0 && then >= now) return undefined;
  return {
    code: 'too_few_nodes',
    reason: `Every shard has ${now} replicas, and ${staying} node(s) would be left for them.`,
    next:
      `Add a node first and drain then; or, if ${then} replica(s) of everything are enough, ` +
      'plan that number of replicas.',
  };
}

function first(words: readonly string[], and: 'and' | 'And'): string[] {
  const rest = words.length - namedMax;
  if (rest <= 0) return [...words];
  return [...words.slice(0, namedMax), `${and} ${rest} more${and === 'And' ? '.' : ''}`];
}
