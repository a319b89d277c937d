/**
 * What the nodes said of themselves around the moment that matters: the answer that cannot be, or
 * the end of a run whose cluster did not come back.
 */
import type { Operation } from '../history/operation.js';
import type { NodeLine, ReplicaState } from '../run/node-state.js';
import type { Results } from './results.js';

export interface Moment {
  readonly fromNs: number;
  readonly toNs: number;
  /** Undefined: all of them. */
  readonly shard: number | undefined;
}

export interface NodeRow {
  readonly atUs: number;
  readonly node: string;
  /** Null: the node did not answer. */
  readonly replica: ReplicaState | null;
  /** Said before, and still so when the time that is shown begins. */
  readonly before: boolean;
}

const aroundNs = 2e9;
const rowsMax = 400;
const notRecovered = 3;

export function momentOf(
  results: Results | undefined,
  operations: readonly Operation[],
  endNs: number,
): Moment | undefined {
  const broken = results?.workloads.find(({ verdict }) => verdict.validity === 'invalid')?.verdict;
  const stuck = broken?.keys.flatMap(({ evidence }) => evidence?.stuck ?? []) ?? [];
  const named = [...(broken?.culprits ?? []), ...stuck.map(({ operation }) => operation)];
  const numbers = new Set(named);
  const last = operations.findLast(({ number }) => numbers.has(number));
  if (last !== undefined) {
    const { invokedNs, completedNs, facts } = last;
    const toNs = Number.isFinite(completedNs) ? completedNs : invokedNs;
    return { fromNs: invokedNs, toNs, shard: facts.shard };
  }
  if (results?.exit !== notRecovered) return undefined;
  return { fromNs: endNs - 2 * aroundNs, toNs: endNs, shard: undefined };
}

/** First how things stood, then what changed, in the order of time. */
export function nodesAround(lines: readonly NodeLine[], moment: Moment | undefined): NodeRow[] {
  if (moment === undefined) return [];
  const [fromNs, toNs] = [moment.fromNs - aroundNs, moment.toNs + aroundNs];
  const rows = lines
    .filter(({ timeNs }) => timeNs <= toNs)
    .flatMap((line) => rowsOf(line, line.timeNs < fromNs, moment.shard));
  const standing = new Map<string, NodeRow>();
  for (const row of rows.filter(({ before }) => before)) {
    // Who answers again has said so; who does not has no replicas to tell of.
    if (row.replica === null) forget(standing, row.node);
    else standing.delete(row.node);
    standing.set(row.replica === null ? row.node : nameOf(row.node, row.replica.shard), row);
  }
  const stood = [...standing.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
  return [...stood, ...rows.filter(({ before }) => !before)].slice(0, rowsMax);
}

function rowsOf(line: NodeLine, before: boolean, shard: number | undefined): NodeRow[] {
  const { timeNs, node, answers, replicas } = line;
  const row = { atUs: Math.round(timeNs / 1000), node, before };
  if (!answers) return [{ ...row, replica: null }];
  return replicas
    .filter((replica) => shard === undefined || replica.shard === shard)
    .map((replica) => ({ ...row, replica }));
}

function forget(standing: Map<string, NodeRow>, node: string): void {
  for (const [name, row] of standing) if (row.node === node) standing.delete(name);
}

function nameOf(node: string, shard: number): string {
  return `${node} ${shard}`;
}
