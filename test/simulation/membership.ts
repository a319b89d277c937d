/**
 * Who the members of a shard are at a moment, as the simulation sees it from outside, and what the
 * cluster can bear to lose.
 */
import { metaGroup } from '../../src/kv/store/document-place.js';
import type { Configuration, GroupId, Member, NodeId } from '../../src/raft/core/types.js';
import type { Group } from '../../src/raft/group.js';
import type { Machine } from './machine.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { World } from './world.js';

export interface Leading {
  readonly machine: Machine;
  readonly process: SimulatedProcess;
  readonly group: Group;
}

/** Of several the one with the highest term: an old leader may not know yet that it is none. */
export function leaderOf(world: World, shard: GroupId): Leading | undefined {
  let best: Leading | undefined;
  for (const machine of world.nodes) {
    const { process } = machine;
    const group = process?.group(shard);
    if (process === undefined || group?.raft.role !== 'leader') continue;
    const newer = best === undefined || group.raft.status.term > best.group.raft.status.term;
    if (newer) best = { machine, process, group };
  }
  return best;
}

export function membersOf(configuration: Configuration): readonly Member[] {
  const { voters, outgoing, learners } = configuration;
  const byReplica = new Map(
    [...voters, ...outgoing, ...learners].map((member) => [member.replica, member]),
  );
  return [...byReplica.values()].sort((a, b) => a.node - b.node);
}

/** The meta group and all shards. */
export function groupsOf(world: World): readonly GroupId[] {
  return [metaGroup, ...world.map.shards.map(({ group }) => group)];
}

/**
 * True when every group keeps a majority of intact voters without this node. Whenever members are
 * changing, or somebody who may know better is away, the answer is no.
 */
export function canLose(world: World, node: NodeId): boolean {
  const intact = (id: NodeId) => {
    const { state, damaged } = world.node(id);
    return id !== node && state !== 'lost' && !damaged;
  };
  const keepsMajority = (members: readonly Member[]) =>
    members.length === 0 ||
    members.filter((member) => intact(member.node)).length * 2 > members.length;
  for (const shard of groupsOf(world)) {
    const leading = leaderOf(world, shard);
    if (leading === undefined || world.changingUntilMs(shard) > world.nowMs) return false;
    const { configuration, pendingChange } = leading.group.raft.status;
    if (pendingChange) return false;
    if (!keepsMajority(configuration.voters)) return false;
  }
  return true;
}

/**
 * True when these voters can do without those whose log or state a fault has damaged, whether or
 * not anybody has noticed. What a majority does not have nothing can bring back.
 */
export function soundMajority(world: World, shard: GroupId, voters: readonly NodeId[]): boolean {
  const sound = voters.filter((id) => {
    const { state, damaged, spoiled } = world.node(id);
    return state !== 'lost' && !damaged && !spoiled.has(shard);
  });
  return sound.length * 2 > voters.length;
}
