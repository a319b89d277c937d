/**
 * R18: what a log says at a start is what it said was durable, no less and no more, but for the
 * one batch that was under way when the process ended: that one is there as a whole or not at all.
 * R9, the durable half: terms, votes and commit indexes on disk only ever go forward.
 */
import type { GroupId } from '../../../src/raft/core/types.js';
import type { GroupWrite, Recovered, WalBatch } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import type { Ghost } from './ghost.js';
import { GhostLog } from './ghost-log.js';

export class Recovery implements Check {
  readonly #ghost: Ghost;
  readonly #tell: NonNullable<Check['writing']>;

  constructor(ghost: Ghost, tell: NonNullable<Check['writing']>) {
    this.#ghost = ghost;
    this.#tell = tell;
  }

  appendWritten(process: ProcessView, batch: WalBatch): void {
    const node = this.#ghost.node(process.node);
    take(node.written, node.writtenTombstones, batch, (log, write) => {
      this.#goesForward(process, log, write);
      this.#tell(process, log, write);
    });
  }

  appendDurable(process: ProcessView, batch: WalBatch): void {
    const node = this.#ghost.node(process.node);
    take(node.durable, node.tombstones, batch);
  }

  recovered(process: ProcessView, recovered: Recovered): void {
    const node = this.#ghost.node(process.node);
    const difference = differenceOf(node.durable, node.tombstones, recovered);
    const withBatch = differenceOf(node.written, node.writtenTombstones, recovered);
    if (difference !== undefined && withBatch !== undefined) {
      const what = `node ${process.node} recovers ${difference}`;
      this.#ghost.violated('R18', `${what}; with the batch under way it would be ${withBatch}`);
    }
    if (difference !== undefined) {
      node.durable = new Map([...node.written].map(([group, log]) => [group, log.copy()]));
      node.tombstones = new Map(node.writtenTombstones);
    } else {
      node.written = new Map([...node.durable].map(([group, log]) => [group, log.copy()]));
      node.writtenTombstones = new Map(node.tombstones);
    }
  }

  lost(node: number): void {
    this.#ghost.lose(node);
  }

  #goesForward(process: ProcessView, log: GhostLog, { group, hardState }: GroupWrite): void {
    const before = log.hardState;
    if (hardState === undefined) return;
    const where = `node ${process.node} writes for group ${group}`;
    if (hardState.term < before.term) {
      this.#ghost.violated('R9', `${where} term ${hardState.term} over ${before.term}`);
    }
    if (hardState.commit < before.commit) {
      this.#ghost.violated('R9', `${where} commit ${hardState.commit} over ${before.commit}`);
    }
  }
}

function take(
  logs: Map<GroupId, GhostLog>,
  tombstones: Map<GroupId, number>,
  { removed, created, writes }: WalBatch,
  before: (log: GhostLog, write: GroupWrite) => void = () => {},
): void {
  for (const { group, minReplica } of removed) {
    logs.delete(group);
    tombstones.set(group, Math.max(minReplica, tombstones.get(group) ?? 0));
  }
  for (const birth of created) logs.set(birth.group, new GhostLog(birth));
  for (const write of writes) {
    const log = logs.get(write.group);
    if (log === undefined) continue;
    before(log, write);
    log.apply(write);
  }
}

function differenceOf(
  logs: ReadonlyMap<GroupId, GhostLog>,
  tombstones: ReadonlyMap<GroupId, number>,
  recovered: Recovered,
): string | undefined {
  const found = new Set(recovered.groups.map(({ group }) => group));
  for (const group of logs.keys()) if (!found.has(group)) return `nothing of group ${group}`;
  for (const group of recovered.groups) {
    const difference = logs.get(group.group)?.difference(group) ?? unknownGroup(logs, group.group);
    if (difference !== undefined) return `for group ${group.group} ${difference}`;
  }
  const same =
    tombstones.size === recovered.tombstones.size &&
    [...tombstones].every(([group, replica]) => recovered.tombstones.get(group) === replica);
  return same ? undefined : 'other tombstones';
}

function unknownGroup(logs: ReadonlyMap<GroupId, GhostLog>, group: GroupId): string | undefined {
  return logs.has(group) ? undefined : 'a log that was never created';
}
