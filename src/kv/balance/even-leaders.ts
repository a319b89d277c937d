/**
 * Which voter of each shard should lead, so that leading is spread by weight. A handover costs a
 * round trip of writes, so it is made only away from a node that leads clearly too much or towards
 * one that leads clearly too little, and only if that makes the busier of the two less busy.
 */
import type { NodeId } from '../../raft/core/types.js';
import { leaderFill, leaderPin, mayLead } from './changes.js';
import { type ViewShard, votersOf } from './cluster-view.js';
import type { Draft } from './draft.js';
import { jobRule, majorityRule } from './rules.js';
import { roleOf } from './step-effect.js';

/** Against its share, and at least this many mean shards away from it. */
const tolerance = { asked: 0.25, left: 0.1 };
const shardsAway = { asked: 2, left: 1 };
const slack = 1e-6;

/** Undefined when leading is spread evenly enough, and as operators want it. */
export function leaderImbalance(draft: Draft): string | undefined {
  for (const { id } of draft.model.eligible) {
    const off = offShare(draft, id);
    if (Math.abs(off) > allowed(draft, id, 'asked') && mayLead(draft, id)) {
      const share = draft.model.room(id).leaderShare.toFixed(1);
      const leads = draft.leading(id).toFixed(1);
      return `Node ${id} should lead ${leads} mean shards by preference; its share is ${share}.`;
    }
  }
  return undefined;
}

export function evenLeaders(draft: Draft): void {
  for (;;) {
    let handovers = 0;
    for (const { group } of draft.view.shards) {
      if (draft.has(group) && handOver(draft, draft.shard(group))) handovers += 1;
    }
    if (handovers === 0) return;
  }
}

function handOver(draft: Draft, shard: ViewShard): boolean {
  const from = shard.preferredLeader;
  if (leaderPin(draft, shard)?.node === from) return false;
  const cost = draft.model.costs.leading(shard);
  const fill = (node: NodeId) => leaderFill(draft, node, cost);
  const to = votersOf(shard)
    .filter((node) => node !== from && mayLead(draft, node))
    .sort((a, b) => fill(a) - fill(b) || a - b)[0];
  if (to === undefined || fill(to) >= leaderFill(draft, from, 0) - slack) return false;
  const needed =
    offShare(draft, from) > allowed(draft, from, 'left') ||
    offShare(draft, to) < -allowed(draft, to, 'left');
  if (!needed || !isFree(draft, shard)) return false;
  const because = `Node ${from} leads more of its share than node ${to} of its own.`;
  draft.push({ kind: 'transfer-leader', shard: shard.group, to }, because);
  return true;
}

/** What pins say about leaders, and preferences for a node that holds no voter any more. */
export function settleLeaders(draft: Draft): void {
  for (const { group } of draft.view.shards) {
    if (!draft.has(group)) continue;
    const shard = draft.shard(group);
    const pin = leaderPin(draft, shard);
    if (pin === undefined || pin.node === shard.preferredLeader) continue;
    const able = roleOf(shard, pin.node) === 'voter' && mayLead(draft, pin.node);
    if (!able || !isFree(draft, shard)) continue;
    const because = `Pin ${pin.id} wants node ${pin.node} to lead.`;
    draft.push({ kind: 'transfer-leader', shard: group, to: pin.node }, because);
  }
}

function isFree(draft: Draft, shard: ViewShard): boolean {
  return [jobRule(draft, shard), majorityRule(draft, shard)].every(
    ({ decision }) => decision === 'yes',
  );
}

function offShare(draft: Draft, node: NodeId): number {
  return draft.leading(node) - draft.model.room(node).leaderShare;
}

function allowed(draft: Draft, node: NodeId, which: 'asked' | 'left'): number {
  const share = draft.model.room(node).leaderShare;
  return Math.max(shardsAway[which], tolerance[which] * share) + slack;
}
