/**
 * Brings the members of one shard to what the settings say: what stood on dead or draining nodes
 * goes elsewhere, missing voters are added, surplus ones removed, readers likewise. Out of need:
 * it is done although other replicas are away, as long as a majority is there to decide it.
 */
import type { GroupId, NodeId } from '../../raft/core/types.js';
import { majorityWithout, moveReplica, removeReplica } from './changes.js';
import { learnersOf, type ViewShard, votersOf } from './cluster-view.js';
import { findDestination } from './destination.js';
import type { Draft } from './draft.js';
import { isUp } from './eligibility.js';
import { holdingPin, jobRule, majorityRule } from './rules.js';
import { roleOf } from './step-effect.js';

export function fillUp(draft: Draft, group: GroupId): void {
  const shard = draft.shard(group);
  const job = jobRule(draft, shard);
  if (job.decision !== 'yes') {
    draft.warn(`Shard ${group} is left out: ${job.because}`);
    return;
  }
  const majority = majorityRule(draft, shard);
  if (majority.decision !== 'yes') {
    draft.warn(
      `Shard ${group} cannot change its members: ${majority.because} It goes on when its nodes ` +
        'are back; if they are lost for good, see `kvorum admin recover`.',
    );
    return;
  }
  replaceMisplaced(draft, group);
  addMissing(draft, group);
  removeSurplus(draft, group);
  settleReaders(draft, group);
}

/** Away from nodes that should hold nothing. */
function replaceMisplaced(draft: Draft, group: GroupId): void {
  for (const { node } of draft.shard(group).members) {
    if (draft.model.counts(node)) continue;
    const obstacle = moveAway(draft, group, node);
    if (obstacle !== undefined) draft.warn(obstacle);
  }
}

/** Says what stands against it; a learner that nobody can take is given up instead. */
export function moveAway(draft: Draft, group: GroupId, from: NodeId): string | undefined {
  const shard = draft.shard(group);
  const role = roleOf(shard, from) ?? 'learner';
  const pin = holdingPin(draft, shard, from);
  if (pin !== undefined) return `Shard ${group} stays on node ${from}: pin ${pin.id} holds it.`;
  const surplus =
    role === 'voter'
      ? votersOf(shard).length > draft.model.replicasWanted
      : learnersOf(shard).length > (shard.readReplicas ?? 0);
  const found = surplus
    ? undefined
    : findDestination(draft, { shard, role, leaving: from, strict: false });
  if (found !== undefined) {
    moveReplica(draft, { shard: group, from, to: found.node }, found.because);
    return undefined;
  }
  if ((surplus || role === 'learner') && majorityWithout(draft, shard, from)) {
    removeReplica(draft, { shard: group, node: from }, `Node ${from} should hold nothing.`);
    return undefined;
  }
  const why = surplus ? 'without it no majority is up' : 'no other node can take it';
  return `Shard ${group} keeps its replica on node ${from}: ${why}.`;
}

function addMissing(draft: Draft, group: GroupId): void {
  for (;;) {
    const shard = draft.shard(group);
    const voters = votersOf(shard).length;
    const { replicasWanted } = draft.model;
    if (voters >= replicasWanted) return;
    const found = findDestination(draft, { shard, role: 'voter', strict: false });
    if (found === undefined) {
      draft.warn(`Shard ${group} has ${voters} of ${replicasWanted} replicas: no node is free.`);
      return;
    }
    draft.push(
      { kind: 'add-replica', shard: group, node: found.node, role: 'voter' },
      `The shard has ${voters} of ${replicasWanted} replicas. ${found.because}`,
    );
  }
}

function removeSurplus(draft: Draft, group: GroupId): void {
  for (;;) {
    const shard = draft.shard(group);
    const voters = votersOf(shard);
    const { replicasWanted } = draft.model;
    if (voters.length <= replicasWanted) return;
    const node = leastNeeded(draft, shard, voters);
    if (node === undefined) {
      draft.warn(`Shard ${group} keeps ${voters.length} voters: pins or its majority need them.`);
      return;
    }
    removeReplica(
      draft,
      { shard: group, node },
      `The shard has ${voters.length} voters and should have ${replicasWanted}.`,
    );
  }
}

/** Dead or draining first, then who shares a zone, then who is off the ring, then the fullest. */
function leastNeeded(
  draft: Draft,
  shard: ViewShard,
  candidates: readonly NodeId[],
): NodeId | undefined {
  const zoneOf = (node: NodeId) => draft.node(node)?.zone;
  const ringWants = draft.target.voters(shard.group);
  const need = (node: NodeId) => [
    draft.model.counts(node) ? 1 : 0,
    isUp(draft.node(node)) ? 1 : 0,
    candidates.some((other) => other !== node && zoneOf(other) === zoneOf(node)) ? 0 : 1,
    ringWants.includes(node) ? 1 : 0,
    -draft.fill(node, 0),
    node,
  ];
  return candidates
    .filter((node) => holdingPin(draft, shard, node) === undefined)
    .filter((node) => majorityWithout(draft, shard, node))
    .map((node) => ({ node, need: need(node) }))
    .sort((a, b) => compare(a.need, b.need))[0]?.node;
}

function settleReaders(draft: Draft, group: GroupId): void {
  const wanted = draft.shard(group).readReplicas ?? 0;
  for (;;) {
    const shard = draft.shard(group);
    const learners = learnersOf(shard);
    if (learners.length === wanted) return;
    if (learners.length > wanted) {
      const node = leastNeeded(draft, shard, learners) ?? learners[0];
      if (node === undefined) return;
      const because = `The shard has ${learners.length} learners and should have ${wanted}.`;
      draft.push({ kind: 'remove-replica', shard: group, node }, because);
      continue;
    }
    const found = findDestination(draft, { shard, role: 'learner', strict: false });
    if (found === undefined) {
      draft.warn(`Shard ${group} has ${learners.length} of ${wanted} read replicas.`);
      return;
    }
    draft.push(
      { kind: 'add-replica', shard: group, node: found.node, role: 'learner' },
      found.because,
    );
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
