/**
 * Moves replicas until no node is over its bound or far under what the target gives it. Every move
 * brings a replica to where the target has it, so that moves can neither undo each other nor go on
 * for ever; but only as many are made as are needed, and none at all while the imbalance is within
 * a tolerance that is wider than what a plan leaves behind. That gap is the hysteresis.
 */
import type { NodeId } from '../../raft/core/types.js';
import { type Move, moveReplica } from './changes.js';
import { votersOf } from './cluster-view.js';
import type { Draft } from './draft.js';
import { isUp } from './eligibility.js';
import { arrivalRules, holdingPin, shardRules } from './rules.js';
import { roleOf } from './step-effect.js';

/** Against its bound, and against its target, where a node's load begins to ask for a plan. */
const overFactor = 1.1;
const underFactor = 0.8;
/** And where a plan stops. Between them at least one shard, or a few shards would swap for ever. */
const enoughFactor = 0.9;
const slack = 1e-6;

/** Undefined when the loads are even enough. */
export function imbalance(draft: Draft): string | undefined {
  const { target, model } = draft;
  for (const { id } of model.eligible) {
    const load = draft.load(id);
    const said = `Node ${id} carries ${load.toFixed(1)} mean shards`;
    if (load > target.upper(id) * overFactor + slack) {
      return `${said}; its bound is ${target.upper(id).toFixed(1)}.`;
    }
    const goal = target.load(id);
    if (load < goal - Math.max(1, (1 - underFactor) * goal) - slack) {
      return `${said}; the ring gives it ${goal.toFixed(1)}.`;
    }
  }
  return undefined;
}

/** `only`: moves from or to one of these nodes. */
export function evenLoads(draft: Draft, only?: readonly NodeId[]): void {
  const loads = new NeedyNodes(draft);
  let candidates = movesToTarget(draft, only);
  for (const useful of [betweenNeedy, harmless, needed]) {
    const left: Move[] = [];
    for (const move of candidates) {
      if (loads.allEven) return;
      if (useful(loads, move, draft) && isPossible(draft, move)) {
        moveReplica(draft, move, because(loads, move));
        loads.update(move.from);
        loads.update(move.to);
      } else left.push(move);
    }
    candidates = left;
  }
}

type Useful = (loads: NeedyNodes, move: Move, draft: Draft) => boolean;

/** From a node with too much to one with too little. */
const betweenNeedy: Useful = (loads, { from, to }) => loads.over(from) && loads.under(to);

/** Helps one end and makes no trouble at the other. */
const harmless: Useful = (loads, move, draft) => {
  const { from, to } = move;
  const cost = draft.model.costs.of(draft.shard(move.shard));
  if (loads.over(from)) return draft.load(to) + cost <= draft.target.upper(to) + slack;
  return loads.under(to) && draft.load(from) - cost >= loads.lower(from) - slack;
};

/** Helps one end; the trouble at the other is passed on along the ring. */
const needed: Useful = (loads, { from, to }) => loads.over(from) || loads.under(to);

function because(loads: NeedyNodes, { from, to }: Move): string {
  const reasons = [
    loads.over(from) ? `Node ${from} carries more than its bound.` : '',
    loads.under(to) ? `Node ${to} carries less than the ring gives it.` : '',
  ].filter((reason) => reason !== '');
  return [...reasons, `Node ${to} is where the ring places the shard.`].join(' ');
}

/** Which nodes are outside of what a plan may leave behind. */
class NeedyNodes {
  readonly #draft: Draft;
  readonly #needy = new Set<NodeId>();

  constructor(draft: Draft) {
    this.#draft = draft;
    for (const { id } of draft.model.eligible) this.update(id);
  }

  get allEven(): boolean {
    return this.#needy.size === 0;
  }

  update(node: NodeId): void {
    if (this.over(node) || this.under(node)) this.#needy.add(node);
    else this.#needy.delete(node);
  }

  over(node: NodeId): boolean {
    return this.#draft.load(node) > this.#draft.target.upper(node) + slack;
  }

  under(node: NodeId): boolean {
    return this.#draft.load(node) < this.lower(node) - slack;
  }

  lower(node: NodeId): number {
    const goal = this.#draft.target.load(node);
    return goal - Math.max(1, (1 - enoughFactor) * goal);
  }
}

/** Every way to bring a voter to a place that the target has for it, the greatest need first. */
function movesToTarget(draft: Draft, only: readonly NodeId[] | undefined): Move[] {
  const { target, model } = draft;
  const moves: { readonly move: Move; readonly need: number }[] = [];
  const excess = (node: NodeId) => draft.load(node) - target.load(node);
  let waiting = 0;
  for (const shard of draft.view.shards) {
    const wanted = target.voters(shard.group);
    const voters = votersOf(shard);
    const arriving = wanted.filter((node) => !voters.includes(node));
    const leaving = voters.filter((node) => !wanted.includes(node) && model.counts(node));
    if (arriving.length === 0 || leaving.length === 0) continue;
    if (shardRules(draft, shard).some(({ decision }) => decision !== 'yes')) {
      waiting += 1;
      continue;
    }
    for (const from of leaving) {
      for (const to of arriving) {
        if (only !== undefined && !only.includes(from) && !only.includes(to)) continue;
        if (!isUp(draft.node(to))) continue;
        const move = { shard: shard.group, from, to };
        moves.push({ move, need: excess(from) - excess(to) });
      }
    }
  }
  if (waiting > 0) draft.warn(`${waiting} shard(s) wait for a job or for a node that is not up.`);
  return moves.sort((a, b) => b.need - a.need).map(({ move }) => move);
}

/** With what has been moved before in mind; the load is looked at by whoever asks. */
function isPossible(draft: Draft, { shard: group, from, to }: Move): boolean {
  const shard = draft.shard(group);
  if (roleOf(shard, from) !== 'voter') return false;
  // A learner there is wanted for reading: promoting it would only make it missing.
  if (roleOf(shard, to) !== undefined) return false;
  if (holdingPin(draft, shard, from) !== undefined) return false;
  return arrivalRules({ draft, shard, node: to, role: 'voter', leaving: from }).every(
    ({ rule, decision }) => decision === 'yes' || rule === 'load',
  );
}
