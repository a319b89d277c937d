/**
 * E1 and E4: what a client is told of a write is true. `ok` means applied exactly once and as told,
 * a refusal never applied, not even later; everything else must be said to be unknown. Values are
 * unique, so a put is found again wherever it takes effect.
 */
import { decodeCommand } from '../../../src/kv/store/command.js';
import type { CommandResult, Condition, Revision } from '../../../src/kv/store/types.js';
import { type Entry, EntryKind, type GroupId } from '../../../src/raft/core/types.js';
import type { Completion, Operation, ProcessView } from '../observer.js';
import type { Check } from './check.js';
import type { Ghost } from './ghost.js';

/** Values may be long; what makes them unique stands at their beginning. */
const nameBytes = 48;

interface Effect {
  readonly where: string;
  readonly revision: Revision;
}

export class Outcomes implements Check {
  readonly #ghost: Ghost;
  /** Highest index per group that somebody has applied. */
  readonly #appliedTo = new Map<GroupId, number>();
  readonly #effects = new Map<string, Effect>();
  readonly #refused = new Map<string, Operation>();
  readonly #deletions = new Map<string, readonly Revision[]>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  /** The revision that a put of this value got, answered or not. */
  revisionOf(value: string): Revision | undefined {
    return this.#effects.get(nameOf(value))?.revision;
  }

  /** The revisions at which the key was deleted on this condition. */
  deletionsOf(key: string, condition: Condition): readonly Revision[] {
    return this.#deletions.get(deletionName(key, condition)) ?? [];
  }

  applied(
    _process: ProcessView,
    group: GroupId,
    entries: readonly Entry[],
    results: readonly unknown[],
  ): void {
    const appliedTo = this.#appliedTo.get(group) ?? 0;
    entries.forEach((entry, at) => {
      // Others apply the same entries with the same results, or R5 says so.
      if (entry.index <= appliedTo || entry.kind !== EntryKind.command) return;
      const result = results[at] as CommandResult | undefined;
      const outcome = result?.outcome;
      const effect = outcome === 'created' || outcome === 'replaced' || outcome === 'deleted';
      if (!effect || result === undefined) return;
      this.#takesEffect(entry, `entry ${entry.index} of group ${group}`, result.shardRevision);
    });
    this.#appliedTo.set(group, Math.max(appliedTo, entries.at(-1)?.index ?? 0));
  }

  #takesEffect(entry: Entry, where: string, revision: Revision): void {
    const command = decodeCommand(entry.data);
    if (command.type === 'delete') {
      const name = deletionName(command.key.toString(), command.condition);
      this.#deletions.set(name, [...(this.#deletions.get(name) ?? []), revision]);
    }
    if (command.type !== 'put') return;
    const name = nameOf(command.value.toString('latin1', 0, nameBytes));
    const other = this.#effects.get(name);
    if (other !== undefined) {
      const what = `value ${name} takes effect twice: ${other.where} and ${where}`;
      this.#ghost.violated('E4', what);
    }
    this.#effects.set(name, { where, revision });
    const refused = this.#refused.get(name);
    if (refused !== undefined) this.#appliedThough(refused, where);
  }

  completed(operation: Operation, completion: Completion): void {
    const { kind, value } = operation;
    if (kind !== 'put' || value === undefined) return;
    const name = nameOf(value);
    const effect = this.#effects.get(name);
    if (completion.type === 'fail') {
      this.#refused.set(name, operation);
      if (effect !== undefined) this.#appliedThough(operation, effect.where);
    } else if (completion.type === 'ok' && 'write' in completion) {
      const { outcome, shardRevision } = completion.write;
      const what = `put ${operation.id} of ${name} is answered ${outcome}`;
      if (outcome === 'precondition-failed') {
        this.#refused.set(name, operation);
        if (effect !== undefined) this.#appliedThough(operation, effect.where);
      } else if (effect === undefined) {
        this.#ghost.violated('E4', `${what}, and nobody has applied it`);
      } else if (effect.revision !== shardRevision) {
        const told = `revision ${shardRevision}, it has ${effect.revision}`;
        this.#ghost.violated('E4', `${what} with ${told}`);
      }
    }
  }

  #appliedThough(operation: Operation, where: string): void {
    const told = `put ${operation.id} of ${operation.key} was refused by node ${operation.node}`;
    this.#ghost.violated('E4', `${told}, but it is ${where}`);
  }
}

function deletionName(key: string, { ifMatch, ifNoneMatch }: Condition): string {
  return `${key} ${ifMatch} ${ifNoneMatch}`;
}

function nameOf(value: string): string {
  return value.slice(0, nameBytes);
}
