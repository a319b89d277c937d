/**
 * One line of a history: something a client, or the nemesis, did or learnt. The same format is
 * written by runs against real clusters and by the simulator, and read by the checker.
 *
 *   invoke  the request is about to be sent
 *   ok      it took effect, and the answer is known
 *   fail    it did not take effect and never will
 *   info    nobody knows: it may take effect at any later moment, or never
 *
 * What `f`, `key` and `value` say (Jepsen's names):
 *
 * | f | asked | answered |
 * | --- | --- | --- |
 * | `read` | | the register's value, `null` for nothing |
 * | `write` | the value | |
 * | `cas` | `[expected, next]` | |
 * | `get` | | the key's text; absent: `null` |
 * | `put` | the text | |
 * | `append` | the text | |
 * | `delete` | | |
 * | `txn` | `[["r", key, null], ["append", key, v], ["w", key, v]]` | the same, reads filled |
 * | `transfer` | `{ from, to, amount }` | |
 * | `balances` | | `{ account: amount }` |
 * | `add` | an element (set), an amount (counter) | |
 * | `members` | | the set's elements |
 * | `total` | | the counter |
 * | `acquire`, `release` | | the fencing token |
 * | `guarded` | the token used with a write | |
 * | `watch` | `{ key, from }`: the revision before | `[{ revision, value }]` |
 * | `part-cas` | `{ part, from, to }`, a worker's own part of a shared key | |
 * | `parts` | | `{ part: value }` |
 */

export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

/** A value as JSON has it. */
export type Value = null | boolean | number | string | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [name: string]: Value;
}

/** A precondition on a key's revision, or on its being there (`*`), as in HTTP. */
export interface RevisionCondition {
  readonly ifMatch?: number | '*';
  readonly ifNoneMatch?: number | '*';
}

/** What an answer said beside its value, where the product says it. */
export interface AnswerFacts {
  /** Which node was asked, for explanations. */
  readonly node?: string;
  readonly error?: string;
  readonly shard?: number;
  /**
   * Of the shard, at the moment of the read or of the decision; a write's is its own. Of an `info`:
   * where the operation took effect, if somebody found that out later, in a log say.
   */
  readonly shardRevision?: number;
  /**
   * Of the key: of what was read, of what a write left there, of what stands where a condition
   * failed; 0 says that nothing stands there, and no number that the answer did not tell.
   */
  readonly revision?: number;
  /** What a write found or did. A failed condition is `ok` with an outcome: it tells something. */
  readonly outcome?: 'created' | 'replaced' | 'deleted' | 'absent' | 'precondition-failed';
  /** Of a stale read: the age that the answer admits. */
  readonly stalenessMs?: number;
  /** And by how much the clocks that this was measured with were slow meanwhile, if known. */
  readonly clockErrorMs?: number;
  /** When the answer was made, on the history's clock, where that is known: in a simulator. */
  readonly servedNs?: number;
}

export interface HistoryEvent extends AnswerFacts {
  readonly type: EventType;
  /** One clock of one process: before the request is written, after the whole answer came. */
  readonly timeNs: number;
  /** A client has one operation at a time; numbers may have gaps. */
  readonly process: number | 'nemesis';
  readonly f: string;
  readonly key?: string;
  readonly value?: Value;
  /** Of an `invoke`. */
  readonly condition?: RevisionCondition;
  /** Of a read: `stale` reads are judged by their age, not as linearizable ones. */
  readonly consistency?: 'linearizable' | 'stale';
}
