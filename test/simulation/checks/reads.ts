/**
 * R16: a linearizable read answers from a state that has applied whatever was committed anywhere
 * when it was asked. That is more than clients can find out, and found at once.
 */
import { hashOf } from '../../../src/kv/shard/hash.js';
import type { GroupId, Index } from '../../../src/raft/core/types.js';
import type { Completion, Operation } from '../observer.js';
import type { Check } from './check.js';
import type { Ghost } from './ghost.js';

export class Reads implements Check {
  readonly #ghost: Ghost;
  readonly #required = new Map<number, { group: GroupId; index: Index }>();

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  invoked({ id, kind, key }: Operation): void {
    if (kind !== 'read') return;
    const { group } = this.#ghost.world.map.shardOf(hashOf(Buffer.from(key)));
    this.#required.set(id, { group, index: this.#ghost.group(group).commitIndex });
  }

  completed(operation: Operation, completion: Completion): void {
    const required = this.#required.get(operation.id);
    this.#required.delete(operation.id);
    if (required === undefined || completion.type !== 'ok' || !('read' in completion)) return;
    const { group, index } = required;
    const { node, shardRevision } = completion.read;
    const what = `read ${operation.id} of group ${group} by node ${node}`;
    const revision = this.#ghost.group(group).committed(index)?.revision;
    if (revision === undefined) {
      const asked = `${index} was committed when it was asked, and nobody has applied that`;
      this.#ghost.violated('R16', `${what} is answered: ${asked}`);
    } else if (shardRevision < revision) {
      const asked = `when it was asked ${index} was committed, revision ${revision}`;
      this.#ghost.violated('R16', `${what} answers at revision ${shardRevision}; ${asked}`);
    }
  }
}
