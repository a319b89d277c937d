/**
 * Replicas come into being and end while the node runs.
 *
 * A message for a group that is not here creates the replica that it names: uninitialised, it can
 * vote and take a snapshot. Its birth is durable before it says a word, or it could forget a vote.
 *
 * A removed replica ends with a tombstone in the log: no late message to it, or to any replica
 * before it, creates it again (G2). Then its state is dropped, in steps; the group is not created
 * again here before that is done, or its new state would be mixed with the old one.
 */
import type { AppendQueue } from './append-queue.js';
import type { Configuration, GroupId, Message, ReplicaId } from './core/types.js';
import type { HostLogger } from './host-options.js';
import type { SnapshotFiles } from './snapshots/types.js';
import type { GroupBirth, Recovered, WalBatch } from './wal/types.js';

export interface GroupLifecycleParts {
  readonly queue: AppendQueue;
  readonly files: SnapshotFiles;
  readonly logger: HostLogger;
  /** False for groups that nobody could have placed on this node. */
  readonly mayLive: (group: GroupId) => boolean;
  /** The disk failed: the node stops. */
  readonly fail: (error: Error) => void;
}

const noMembers: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 0,
};

/** What a leader or a candidate sends to a member that it knows; nobody else may create one. */
const creating: ReadonlySet<Message['type']> = new Set([
  'append',
  'heartbeat',
  'snapshot',
  'pre-vote',
  'vote',
]);

export class GroupLifecycle {
  readonly #parts: GroupLifecycleParts;
  /** By group the smallest replica id that may still live here. */
  readonly #tombstones = new Map<GroupId, ReplicaId>();
  readonly #unborn = new Set<GroupId>();
  readonly #dropping = new Set<GroupId>();

  constructor(parts: GroupLifecycleParts) {
    this.#parts = parts;
  }

  /** What a crash left of removed replicas goes now. */
  start({ groups, tombstones }: Pick<Recovered, 'groups' | 'tombstones'>): void {
    for (const [group, minReplica] of tombstones) this.#tombstones.set(group, minReplica);
    const alive = new Set(groups.map(({ group }) => group));
    for (const group of tombstones.keys()) if (!alive.has(group)) void this.#drop(group);
  }

  /** A message for a group that is not here. */
  addressed(group: GroupId, message: Message): void {
    const { mayLive, queue, logger } = this.#parts;
    const replica = message.to;
    const busy = this.#unborn.has(group) || this.#dropping.has(group);
    if (busy || !creating.has(message.type) || !mayLive(group)) return;
    if (replica < (this.#tombstones.get(group) ?? 1)) return;
    this.#unborn.add(group);
    logger.info({ group, replica, from: message.from }, 'replica is created, asked for by a peer');
    const mark = { index: 0, term: 0, configuration: noMembers };
    queue.create({ group, replica, mark, hardState: { term: 0, vote: 0, commit: 0 } });
  }

  /** Its replica was removed for ever. Nothing of the group is in memory any more. */
  bury(group: GroupId, replica: ReplicaId): void {
    this.#dropping.add(group);
    this.#tombstones.set(group, replica + 1);
    this.#parts.logger.info({ group, replica }, 'replica was removed from its group; it goes');
    this.#parts.queue.remove(group, replica + 1);
  }

  /** The batch is on the disk; returns the replicas that live from now on. */
  durable({ created, removed }: WalBatch): readonly GroupBirth[] {
    for (const { group } of created) this.#unborn.delete(group);
    for (const { group } of removed) void this.#drop(group);
    return created;
  }

  async #drop(group: GroupId): Promise<void> {
    const { files, logger, fail } = this.#parts;
    this.#dropping.add(group);
    try {
      await files.drop(group);
      this.#dropping.delete(group);
      logger.info({ group }, 'the state of a removed replica is gone');
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
