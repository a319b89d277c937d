/**
 * Which of the two streams a message takes.
 *
 * Large appends take the bulk stream, so that no heartbeat stands behind them. For a moment the
 * small appends of the same group follow them: on the control stream they would overtake, be
 * refused for the gap, and throw the group back to probing.
 */
import type { GroupId } from '../core/types.js';
import type { TransportLimits } from './limits.js';
import { messageBytes } from './message-codec.js';
import type { GroupMessage } from './types.js';

export interface ChosenStreams {
  readonly control: readonly GroupMessage[];
  readonly bulk: readonly GroupMessage[];
}

const none: readonly GroupMessage[] = [];

export class StreamChoice {
  readonly #limits: TransportLimits;
  readonly #onBulkUntilMs = new Map<GroupId, number>();

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  /** Splits the messages of a turn; each part keeps its order. */
  split(messages: readonly GroupMessage[], nowMs: number): ChosenStreams {
    const first = messages.findIndex((item) => this.#belongsOnBulk(item, nowMs));
    if (first < 0) return { control: messages, bulk: none };
    const control = messages.slice(0, first);
    const bulk: GroupMessage[] = [];
    for (const item of messages.slice(first)) {
      (this.#belongsOnBulk(item, nowMs) ? bulk : control).push(item);
    }
    return { control, bulk };
  }

  /** Drops what no longer counts, so that the map stays as small as the recent past. */
  forget(nowMs: number): void {
    for (const [group, untilMs] of this.#onBulkUntilMs) {
      if (untilMs <= nowMs) this.#onBulkUntilMs.delete(group);
    }
  }

  #belongsOnBulk(item: GroupMessage, nowMs: number): boolean {
    if (item.message.type !== 'append') return false;
    const { controlAppendBytesMax, appendFollowsBulkMs } = this.#limits;
    if (messageBytes(item.message) > controlAppendBytesMax) {
      this.#onBulkUntilMs.set(item.group, nowMs + appendFollowsBulkMs);
      return true;
    }
    if (this.#onBulkUntilMs.size === 0) return false;
    return (this.#onBulkUntilMs.get(item.group) ?? 0) > nowMs;
  }
}
