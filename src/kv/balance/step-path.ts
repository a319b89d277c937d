/**
 * What comes next on the way of a step, found by looking at its shards and at nothing else: how
 * often it was looked before, and by whom, makes no difference. So a driver that takes over needs
 * no account of what the last one did.
 */
import type { NodeId } from '../../raft/core/types.js';
import { lagInWords } from '../membership-plan.js';
import type { ShardSight } from './cluster-control.js';
import type { StepAction } from './plan.js';
import { follows, replicaPath } from './replica-path.js';
import { done, failed, type StepVerdict, type StepWorld, undone, wait } from './step-verdict.js';

type Split = Extract<StepAction, { kind: 'split' }>;
type Merge = Extract<StepAction, { kind: 'merge' }>;

export function stepPath(action: StepAction, world: StepWorld): StepVerdict {
  if (action.kind === 'merge') return mergePath(action, world);
  const sight = world.sightings.get(action.shard) ?? 'unknown';
  if (sight === 'gone') return ended(`There is no shard ${action.shard} any more.`, world);
  if (sight === 'unknown') return wait('waiting', leaderless(action.shard));
  if (sight.sealed) return wait('waiting', `Shard ${action.shard} is being merged.`);
  if (action.kind === 'split') return splitPath(action, sight, world);
  if (sight.changing) return wait('waiting', 'A change of the members is under way.');
  if (action.kind === 'transfer-leader') return transferPath(action.to, sight, world);
  return replicaPath(action, sight, world);
}

function transferPath(to: NodeId, sight: ShardSight, world: StepWorld): StepVerdict {
  const { shard, leader, members } = sight;
  if (leader === to) return done(`Node ${to} leads the shard.`);
  if (world.heading === 'back') return undone(`Node ${leader} leads the shard.`);
  const target = members.find(({ node }) => node === to);
  if (target?.role !== 'voter') return failed(`Node ${to} is no voter of the shard.`);
  if (world.documents.nodes.get(to)?.state === 'dead') return failed(`Node ${to} is dead.`);
  if (!follows(target)) return wait('waiting', lagInWords(target));
  return {
    kind: 'request',
    state: 'moving_leader',
    because: `Node ${to} is to lead in the place of node ${leader}.`,
    request: { kind: 'transfer', shard, to },
  };
}

function splitPath(action: Split, sight: ShardSight, world: StepWorld): StepVerdict {
  const { shard, at, child } = action;
  const { range, epoch } = sight;
  if (range.end === at) {
    const born = world.sightings.get(child) ?? 'unknown';
    if (born === 'gone') return ended(`Shard ${child} is no more.`, world);
    if (born === 'unknown') return waitForChild(action, world);
    return done(`Shard ${child} has the hashes from ${born.range.start} on.`);
  }
  const words = `Shard ${shard} has the hashes from ${range.start} to ${range.end - 1}`;
  if (world.heading === 'back') return undone(`${words}; it was not split.`);
  if (at <= range.start || at > range.end) return failed(`${words}: it has no border at ${at}.`);
  return {
    kind: 'request',
    state: 'splitting',
    because: `Shard ${child} takes the hashes from ${at} on.`,
    request: { kind: 'split', shard, at, child, expectedRangeEpoch: epoch.range },
  };
}

/** Unless somebody else cut the shard just there: then this child is never born. */
function waitForChild({ at, child }: Split, { documents }: StepWorld): StepVerdict {
  for (const { group, range } of documents.shards.values()) {
    if (range.start === at && group !== child) {
      return failed(`Shard ${group} begins at hash ${at} already.`);
    }
  }
  return wait('splitting', leaderless(child));
}

function mergePath({ left, right }: Merge, world: StepWorld): StepVerdict {
  const keeper = world.sightings.get(left) ?? 'unknown';
  const goer = world.sightings.get(right) ?? 'unknown';
  if (keeper === 'gone') return ended(`There is no shard ${left} any more.`, world);
  if (keeper === 'unknown') return wait('waiting', leaderless(left));
  // The map lists the right one until the merge is recorded: how far it went, it says.
  const { range } = world.documents.shards.get(right) ?? {};
  if (range !== undefined && keeper.range.end >= range.end) {
    return done(`Shard ${left} has the hashes up to ${keeper.range.end - 1}.`);
  }
  if (goer === 'gone') return ended(`There is no shard ${right} any more.`, world);
  if (goer === 'unknown') return wait('waiting', leaderless(right));
  if (world.heading === 'back') {
    return goer.sealed
      ? wait('merging', `Shard ${right} is sealed; the merge ends, or it is opened again.`)
      : undone(`Shard ${right} serves its range.`);
  }
  if (keeper.range.end !== goer.range.start) {
    return failed(`Shard ${right} does not begin where shard ${left} ends.`);
  }
  if (keeper.changing || goer.changing) {
    return wait('waiting', 'A change of the members is under way.');
  }
  const apart = membersApart(keeper, goer);
  if (apart !== undefined) return failed(apart);
  return {
    kind: 'request',
    state: 'merging',
    because: `Shard ${right} is sealed and taken in by shard ${left}.`,
    request: {
      kind: 'merge',
      left,
      right,
      expectedLeft: keeper.epoch,
      expectedRight: goer.epoch,
    },
  };
}

function membersApart(left: ShardSight, right: ShardSight): string | undefined {
  const [a, b] = [left, right].map((sight) => nodesOf(sight));
  if (a === b) return undefined;
  return `Shard ${left.shard} is on nodes ${a}, shard ${right.shard} on nodes ${b}.`;
}

function nodesOf({ members }: ShardSight): string {
  const voters = members.filter(({ role }) => role === 'voter').map(({ node }) => node);
  return voters.sort((a, b) => a - b).join(', ');
}

/** Where there is no shard, there is nothing to do and nothing to undo. */
function ended(because: string, { heading }: StepWorld): StepVerdict {
  return heading === 'back' ? undone(because) : failed(because);
}

function leaderless(shard: number): string {
  return `Nobody is known to lead shard ${shard}.`;
}
