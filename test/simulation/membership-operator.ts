/**
 * Whoever operates a simulated cluster: changes the members of shards, as people do who see that a
 * node is lost, and as people do who see nothing.
 */
import { KvError } from '../../src/kv/errors.js';
import type { MembershipRequest } from '../../src/kv/service.js';
import type { NodeId } from '../../src/raft/core/types.js';
import type { MembershipFault } from './faults.js';
import { leaderOf, membersOf, soundMajority } from './membership.js';
import type { World } from './world.js';

/**
 * A change may begin so long after it was asked for, whatever is answered meanwhile but "done". The
 * faults reckon with it, as they do with one that has begun (seed 501821).
 */
const goesOnMs = 15_000;

export function changeMembers(world: World, fault: MembershipFault): void {
  const { shard, via, timeoutMs } = fault;
  const request = requestOf(world, fault);
  const { process, state } = world.node(via);
  if (request === undefined || process === undefined || state === 'starting') return;
  const { action, node } = request;
  const name = `members g${shard}: ${action} n${node}`;
  world.membersChange(shard, world.nowMs + goesOnMs);
  const told = (what: string) => {
    if (process.dead) return;
    if (what.startsWith('done')) world.membersChange(shard, 0);
    world.covered(`membership ${action} ${what.split(' ')[0]}`);
    world.event(via, `${name}: ${what}`);
  };
  const context = { requestId: name, timeoutMs, forward: true };
  process.clock.enter(() => {
    process.kv.changeMembers(shard, request, context).then(
      ({ state: reached, detail }) => told(`${reached} (${detail})`),
      (error: unknown) => {
        if (!(error instanceof KvError)) {
          const why = error instanceof Error ? error.stack : String(error);
          if (!process.dead) world.violated('API', `${name} failed without a code: ${why}`);
        } else told(`${error.code} (${error.message})`);
      },
    );
  });
}

/** Undefined when there is nobody to choose from. */
function requestOf(world: World, fault: MembershipFault): MembershipRequest | undefined {
  const { shard, action, pick } = fault;
  const leading = leaderOf(world, shard);
  if (leading === undefined) return undefined;
  const { configuration } = leading.group.raft.status;
  const members = membersOf(configuration).map(({ node }) => node);
  const outside = world.nodes.filter(({ id, state }) => state !== 'lost' && !members.includes(id));
  const choose = (ids: readonly NodeId[]) => ids[Math.floor(pick * ids.length)];
  const lost = members.find((id) => world.node(id).state === 'lost');
  const newcomer = choose(outside.map(({ id }) => id));
  const plain = { dryRun: false };
  // Removing sound voters until damaged ones are a majority is no fault of the cluster's.
  const mayTake = (node: NodeId, by: readonly NodeId[] = []) => {
    const left = configuration.voters.map((voter) => voter.node).filter((id) => id !== node);
    return soundMajority(world, shard, [...left, ...by]);
  };
  switch (action) {
    case 'add':
    case 'add-learner':
      if (newcomer === undefined) return undefined;
      return {
        ...plain,
        action: 'add',
        node: newcomer,
        learner: action === 'add-learner',
        force: pick < 0.2,
      };
    case 'promote': {
      const node = choose(configuration.learners.map((member) => member.node));
      return node === undefined ? undefined : { ...plain, action, node };
    }
    case 'demote':
    case 'remove': {
      const node = (action === 'remove' ? lost : undefined) ?? choose(members);
      return node === undefined || !mayTake(node) ? undefined : { ...plain, action, node };
    }
    case 'replace': {
      const node = lost ?? choose(members);
      if (node === undefined || newcomer === undefined) return undefined;
      if (!mayTake(node, [newcomer])) return undefined;
      return { ...plain, action, node, by: newcomer, force: pick < 0.2 };
    }
  }
}
