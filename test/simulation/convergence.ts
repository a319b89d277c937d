/**
 * The end of every run (R19): all faults are over, and within a bounded time every shard has a
 * leader, all its replicas are at one applied index with equal states, nothing is left open, and
 * one more write and read of each shard succeed.
 */
import { hashOf } from '../../src/kv/shard/hash.js';
import type { Shard } from '../../src/kv/shard/shard-map.js';
import type { GroupId, NodeId } from '../../src/raft/core/types.js';
import type { Connections } from './clients.js';
import { groupsOf, leaderOf, membersOf } from './membership.js';
import type { Completion } from './observer.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { World } from './world.js';

const lookEveryMs = 100;
const convergeMsMax = 180_000;
const answerMsMax = 20_000;
/** The client of the last operations. */
const lastClient = 0;

/** False when an invariant is broken, this one or another. */
export function converge(world: World, connections: Connections): boolean {
  if (!becomesStill(world, connections)) return false;
  const answers = world.map.shards.map((shard) => askOnceMore(world, connections, shard));
  const allAnswered = () => answers.every(({ done }) => done);
  if (!world.run(world.nowMs + answerMsMax, allAnswered)) return false;
  for (const { shard, problem, done } of answers) {
    if (problem !== undefined || !done) {
      world.violated('R19', `shard ${shard}, healed: ${problem ?? 'no answer'}`);
      return false;
    }
  }
  return becomesStill(world, connections);
}

function becomesStill(world: World, connections: Connections): boolean {
  const endMs = world.nowMs + convergeMsMax;
  for (;;) {
    if (!world.run(world.nowMs + lookEveryMs)) return false;
    const lack = firstLack(world, connections) ?? differingStates(world);
    if (lack === undefined) break;
    if (world.nowMs < endMs) continue;
    world.violated('R19', `${convergeMsMax / 1000} s after the last fault ${lack}`);
    return false;
  }
  return true;
}

/** Only when nothing else is missing: it reads every row. */
function differingStates(world: World): string | undefined {
  for (const group of groupsOf(world)) {
    const replicas = replicasOf(world, group);
    const bare = replicas.find((process) =>
      process.shards().every((state) => state.group !== group),
    );
    if (bare !== undefined) return `group ${group} has no whole state on node ${bare.node}`;
    const hashes = replicas.map((process) => process.stateHash(group));
    if (new Set(hashes).size > 1 && !undecidable(world, group, replicas)) {
      return `the states of group ${group} differ`;
    }
  }
  return undefined;
}

/**
 * Damage that a leader gave away as a snapshot before it was found may have become so many that no
 * state has a majority any more: then the replicas can only say so (docs/OPERATING.md).
 */
function undecidable(world: World, group: GroupId, replicas: readonly SimulatedProcess[]): boolean {
  if (world.nodes.every(({ spoiled }) => !spoiled.has(group))) return false;
  const { voters = [] } = leaderOf(world, group)?.group.raft.status.configuration ?? {};
  const votes = (node: NodeId) => voters.some((voter) => voter.node === node);
  // Learners are compared and do not decide (seed 496484759955).
  const hashes = replicas
    .filter(({ node }) => votes(node))
    .map((process) => process.stateHash(group));
  return hashes.every((hash) => {
    const same = hashes.filter((other) => other === hash).length;
    return same * 2 <= voters.length;
  });
}

/** What is still missing, in words. */
function firstLack(world: World, connections: Connections): string | undefined {
  for (const { id, state } of world.nodes) {
    if (state !== 'running' && state !== 'lost') return `node ${id} is ${state}`;
  }
  if (connections.open > 0) return `${connections.open} operations are open`;
  for (const group of groupsOf(world)) {
    const lack = groupLack(world, group);
    if (lack !== undefined) return `group ${group} ${lack}`;
  }
  return undefined;
}

function groupLack(world: World, group: GroupId): string | undefined {
  const leading = leaderOf(world, group);
  if (leading === undefined) return 'has no leader';
  const { configuration, lastIndex, pendingChange, term } = leading.group.raft.status;
  if (pendingChange || configuration.outgoing.length > 0) return 'is changing its members';
  const members = membersOf(configuration);
  for (const { node } of members) {
    const { process, state } = world.node(node);
    if (state === 'lost') continue;
    const status = process?.group(group)?.raft.status;
    if (status === undefined) return `is not on node ${node}, a member`;
    if (status.term !== term) return `is in term ${status.term} on node ${node}, not ${term}`;
    if (status.installing) return `waits for a snapshot on node ${node}`;
    if (status.applied !== lastIndex) {
      return `is at ${status.applied} on node ${node}, and its log ends at ${lastIndex}`;
    }
  }
  const isMember = (id: number) => members.some(({ node }) => node === id);
  const stranger = world.nodes.find(({ id, process }) => !isMember(id) && process?.group(group));
  return stranger === undefined ? undefined : `is still on node ${stranger.id}, no member`;
}

/** The processes of the members that are not lost. */
function replicasOf(world: World, group: GroupId): SimulatedProcess[] {
  const configuration = leaderOf(world, group)?.group.raft.status.configuration;
  if (configuration === undefined) return [];
  return membersOf(configuration).flatMap(({ node }) => {
    const { process, state } = world.node(node);
    return process !== undefined && state === 'running' ? [process] : [];
  });
}

interface LastAnswer {
  readonly shard: number;
  problem: string | undefined;
  done: boolean;
}

function askOnceMore(world: World, connections: Connections, shard: Shard): LastAnswer {
  const answer: LastAnswer = { shard: shard.group, problem: undefined, done: false };
  const key = keyIn(shard);
  const value = `last.${shard.group}`;
  const node = replicasOf(world, shard.group)[0]?.node ?? 0;
  const plain = { key, condition: {}, maxStalenessMs: undefined, timeoutMs: answerMsMax / 4 };
  const end = (problem?: string) => {
    answer.problem = problem;
    answer.done = true;
  };
  const read = () =>
    connections.send(lastClient, node, { ...plain, kind: 'read', value: undefined }, (got) => {
      const found = got.type === 'ok' && 'read' in got ? got.read.found?.value.toString() : '';
      end(found === value ? undefined : `the last read gave ${textOf(got)}`);
    });
  connections.send(lastClient, node, { ...plain, kind: 'put', value }, (got) => {
    if (got.type === 'ok') read();
    else end(`the last write was answered by ${textOf(got)}`);
  });
  return answer;
}

function textOf(completion: Completion): string {
  return JSON.stringify(completion);
}

function keyIn({ range }: Shard): string {
  for (let i = 0; ; i += 1) {
    const hash = hashOf(Buffer.from(`last-${i}`));
    if (hash >= range.start && hash < range.end) return `last-${i}`;
  }
}
