/**
 * The end of every run (R19): all faults are over, and within a bounded time every shard has a
 * leader, all its replicas are at one applied index with equal states, nothing is left open, and
 * one more write and read of each shard succeed.
 */
import { hashOf } from '../../src/kv/shard/hash.js';
import type { Shard } from '../../src/kv/shard/shard-map.js';
import type { Connections } from './clients.js';
import type { Completion } from './observer.js';
import type { SimulatedProcess } from './simulated-process.js';
import type { World } from './world.js';

const lookEveryMs = 100;
const convergeMsMax = 120_000;
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
    const lack = firstLack(world, connections);
    if (lack === undefined) break;
    if (world.nowMs < endMs) continue;
    world.violated('R19', `${convergeMsMax / 1000} s after the last fault ${lack}`);
    return false;
  }
  for (const shard of world.map.shards) {
    const hashes = replicasOf(world, shard).map((process) => process.stateHash(shard.group));
    if (new Set(hashes).size <= 1) continue;
    world.violated('R19', `the states of shard ${shard.group} differ: ${hashes.join(', ')}`);
    return false;
  }
  return true;
}

/** What is still missing, in words. */
function firstLack(world: World, connections: Connections): string | undefined {
  for (const { id, state } of world.nodes) {
    if (state !== 'running' && state !== 'lost') return `node ${id} is ${state}`;
  }
  if (connections.open > 0) return `${connections.open} operations are open`;
  for (const shard of world.map.shards) {
    const lack = shardLack(world, shard);
    if (lack !== undefined) return `shard ${shard.group} ${lack}`;
  }
  return undefined;
}

function shardLack(world: World, { group, members }: Shard): string | undefined {
  const statuses = replicasOf(world, { group, members }).map((process) => ({
    node: process.node,
    ...process.group(group)?.raft.status,
  }));
  const leaders = statuses.filter(({ role }) => role === 'leader');
  if (leaders.length !== 1) return `has ${leaders.length} leaders`;
  const last = leaders[0]?.lastIndex;
  for (const { node, applied } of statuses) {
    if (applied !== last) return `is at ${applied} on node ${node} and its log ends at ${last}`;
  }
  return undefined;
}

function replicasOf(
  world: World,
  { members }: Pick<Shard, 'group' | 'members'>,
): SimulatedProcess[] {
  return members.flatMap(({ node }) => {
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
  const node = replicasOf(world, shard)[0]?.node ?? 0;
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
