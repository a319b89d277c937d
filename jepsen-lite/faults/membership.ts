/** Changes that an operator may ask for at any time: other members of a shard, another leader. */
import type { RandomStream } from '../workloads/random-stream.js';
import { type Fault, NotNow, type RemoteFaultKind } from './fault.js';
import { becomes } from './patience.js';
import { command, leaderView, nodeNumbers, type ShardView, shardNumbers } from './shards.js';
import { shuffled } from './victims.js';

const lane = 'nodes';
const needs = 'kvorum';
const changedMsMax = 10_000;
const ledMsMax = 5_000;
const undoAttempts = 3;

interface Change {
  readonly words: string;
  readonly request: object;
  readonly undo: object | undefined;
}

/** Another voter in place of one, or one fewer for a while; a missing one comes back. */
function drawChange(view: ShardView, nodes: readonly number[], random: RandomStream): Change {
  const voters = view.members.filter(({ role }) => role === 'voter').map(({ node }) => node);
  const learners = view.members.filter(({ role }) => role === 'learner').map(({ node }) => node);
  const outside = nodes.filter((node) => !view.members.some((member) => member.node === node));
  const voter = random.pick(voters);
  const [learner] = learners;
  const { shard } = view;
  if (learner !== undefined) {
    const request = { action: 'promote', node: learner };
    return { words: `shard ${shard}: n${learner} gets a vote`, request, undo: undefined };
  }
  if (outside.length > 0) {
    const node = random.pick(outside);
    if (voters.length < 3) {
      const request = { action: 'add', node };
      return { words: `shard ${shard}: n${node} joins`, request, undo: undefined };
    }
    return {
      words: `shard ${shard}: n${node} in place of n${voter}`,
      request: { action: 'replace', node: voter, by: node },
      undo: { action: 'replace', node, by: voter },
    };
  }
  if (voters.length < 3) throw new NotNow(`shard ${shard} has ${voters.length} voters`);
  const [action, back, words] = random.chance(0.5)
    ? (['remove', 'add', 'leaves'] as const)
    : (['demote', 'promote', 'loses its vote'] as const);
  return {
    words: `shard ${shard}: n${voter} ${words}`,
    request: { action, node: voter },
    undo: { action: back, node: voter },
  };
}

function members(endpoints: readonly string[], random: RandomStream): Fault {
  let change: Change | undefined;
  let before: ShardView | undefined;
  const asked = () => `/admin/v1/shards/${before?.shard}/members`;
  const changed = async () => {
    const now = before && (await leaderView(endpoints, before.shard));
    return now !== undefined && now.epoch.members > (before?.epoch.members ?? 0);
  };
  return {
    name: 'members',
    async start() {
      before = await someShard(endpoints, random);
      const drawn = drawChange(before, await nodeNumbers(endpoints), random);
      const { status, text } = await command(shuffled(endpoints, random), asked(), drawn.request);
      if (status >= 300) throw new NotNow(`${drawn.words} was refused: ${text}`);
      change = drawn;
      return `${drawn.words}${status === 202 ? ', which goes on' : ''}`;
    },
    probe: () => becomes(async () => change !== undefined && (await changed()), changedMsMax),
    /** Under other faults it may not come about; the shard works with the members it has. */
    async stop() {
      if (change?.undo === undefined) return 'stays so';
      for (let attempt = 0; attempt < undoAttempts; attempt += 1) {
        const { status } = await command(shuffled(endpoints, random), asked(), change.undo).catch(
          () => ({ status: 503 }),
        );
        if (status === 200) return `back again: ${change.words}`;
      }
      return `not undone: ${change.words}`;
    },
  };
}

function transfer(endpoints: readonly string[], random: RandomStream): Fault {
  let goal: { readonly shard: number; readonly to: number } | undefined;
  return {
    name: 'transfer',
    async start() {
      const view = await someShard(endpoints, random);
      const { shard, leader } = view;
      const others = view.members.filter(({ node, role }) => role === 'voter' && node !== leader);
      if (others.length === 0) throw new NotNow(`shard ${shard} has no other voter`);
      const to = random.pick(others).node;
      const path = `/admin/v1/shards/${shard}/transfer-leader`;
      const { status, text } = await command(shuffled(endpoints, random), path, { to });
      if (status >= 300) throw new NotNow(`a transfer was refused: ${text}`);
      goal = { shard, to };
      return `shard ${shard} is handed from n${leader} to n${to}`;
    },
    probe: () =>
      becomes(async () => {
        const view = goal && (await leaderView(endpoints, goal.shard));
        return view !== undefined && view.leader === goal?.to;
      }, ledMsMax),
    stop: async () => 'stays so',
  };
}

async function someShard(endpoints: readonly string[], random: RandomStream): Promise<ShardView> {
  const shard = random.pick(await shardNumbers(endpoints));
  const view = await leaderView(endpoints, shard);
  if (view === undefined) throw new NotNow(`shard ${shard} has no leader`);
  return view;
}

export const membershipFaults: readonly RemoteFaultKind[] = [
  {
    name: 'members',
    lane,
    needs,
    nodesMin: 3,
    does: 'replaces, removes or demotes a member of a shard, and takes it back',
    draw: members,
  },
  {
    name: 'transfer',
    lane,
    needs,
    nodesMin: 2,
    does: 'hands the leadership of a shard over',
    draw: transfer,
  },
];
