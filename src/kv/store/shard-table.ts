/**
 * The shards of this node in memory: which there are, which of them may be used, and how far each
 * would survive a power cut.
 */
import { invariant } from '../../raft/core/invariant.js';
import type { GroupId, Index } from '../../raft/core/types.js';
import { placeCount, Standing } from './schema.js';
import type { ShardDraft } from './shard-draft.js';
import type { HashRange, ShardState } from './types.js';

interface Waiting {
  readonly shard: ShardDraft;
  readonly index: Index;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class ShardTable {
  readonly #shards = new Map<GroupId, ShardDraft>();
  readonly #undurable = new Set<ShardDraft>();
  #waiting: Waiting[] = [];
  #ended: Error | undefined;

  get(group: GroupId): ShardDraft | undefined {
    return this.#shards.get(group);
  }

  /** Whatever its rows are: a range belongs to a shard until the last row is gone. */
  all(): ShardDraft[] {
    return [...this.#shards.values()];
  }

  set(shard: ShardDraft): void {
    this.#shards.set(shard.group, shard);
  }

  /** Another one takes its place. */
  remove(shard: ShardDraft): void {
    this.#shards.delete(shard.group);
    this.#undurable.delete(shard);
  }

  /** For whoever applies, reads or counts: without a whole state that is a programmer error. */
  whole(group: GroupId): ShardDraft {
    const shard = this.#shards.get(group);
    invariant(shard !== undefined, `group ${group} has a shard on this node`);
    invariant(shard.standing === Standing.whole, `the state of group ${group} is whole`);
    return shard;
  }

  wholeState(group: GroupId): ShardState | undefined {
    const shard = this.#shards.get(group);
    return shard?.standing === Standing.whole ? shard.visible : undefined;
  }

  applied(group: GroupId): Index {
    const shard = this.#shards.get(group);
    return shard === undefined || shard.standing === Standing.dropping ? 0 : shard.visible.applied;
  }

  durable(group: GroupId): Index {
    const shard = this.#shards.get(group);
    return shard === undefined || shard.standing === Standing.dropping ? 0 : shard.durable;
  }

  /** After the COMMIT that took its row away. Resolves when no power cut brings the shard back. */
  removed(shard: ShardDraft): Promise<void> {
    this.#shards.delete(shard.group);
    shard.durable = -1;
    this.#undurable.add(shard);
    return this.whenDurable(shard, shard.visible.applied);
  }

  /** A shard whose range shares a hash with `range`, other than that of `group`. */
  overlapping(range: HashRange, group: GroupId): ShardDraft | undefined {
    return this.all().find(
      (shard) =>
        shard.group !== group && shard.rangeStart < range.end && range.start < shard.rangeEnd,
    );
  }

  /** What belongs to no shard here. */
  gaps(): readonly HashRange[] {
    const gaps: HashRange[] = [];
    let start = 0;
    for (const shard of this.all().sort((a, b) => a.rangeStart - b.rangeStart)) {
      if (shard.rangeStart > start) gaps.push({ start, end: shard.rangeStart });
      start = shard.rangeEnd;
    }
    if (start < placeCount) gaps.push({ start, end: placeCount });
    return gaps;
  }

  /** After COMMIT: what the transaction did may be read, and waits for a sync. */
  committed(shard: ShardDraft): void {
    shard.publish();
    this.#undurable.add(shard);
  }

  /** At open, once everything that was found is synced. */
  allDurable(): void {
    for (const shard of this.#shards.values()) shard.durable = shard.applied;
  }

  /**
   * Notes what is applied now. The returned function is called once that is durable; undefined
   * when all of it already is.
   */
  noteApplied(): (() => void) | undefined {
    if (this.#undurable.size === 0) return undefined;
    const noted = [...this.#undurable].map((shard) => ({ shard, index: shard.visible.applied }));
    this.#undurable.clear();
    return () => {
      for (const { shard, index } of noted) shard.durable = index;
      const reached = this.#waiting.filter(({ shard, index }) => shard.durable >= index);
      this.#waiting = this.#waiting.filter(({ shard, index }) => shard.durable < index);
      for (const { resolve } of reached) resolve();
    };
  }

  whenDurable(shard: ShardDraft, index: Index): Promise<void> {
    if (shard.durable >= index) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ shard, index, resolve, reject });
    });
  }

  /** Nothing becomes durable any more. */
  end(error: Error): void {
    this.#ended ??= error;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
