/**
 * R19, as far as it is about the end: all is at rest, and all replicas of a group have applied the
 * same and hold the same. That it comes to rest in time, the runner sees.
 */
import type { GroupId } from '../../../src/raft/core/types.js';
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import { membersOf } from './configurations.js';
import type { Ghost, GhostGroup } from './ghost.js';

export class Convergence implements Check {
  readonly #ghost: Ghost;

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  finished(): void {
    for (const group of this.#ghost.groups()) this.#same(group);
  }

  #same(group: GhostGroup): void {
    const replicas = this.#replicas(group);
    const first = replicas[0];
    if (first === undefined) return;
    // The runner has judged what a fault has changed: it knows whether a majority could decide.
    const { nodes } = this.#ghost.world;
    const spoiled = nodes.some((node) => node.spoiled.has(group.id));
    const hash = first.stateHash(group.id);
    for (const other of replicas.slice(1)) {
      const [here, there] = [applied(first, group.id), applied(other, group.id)];
      const where = `group ${group.id}, nodes ${first.node} and ${other.node}`;
      if (here !== there) {
        this.#ghost.violated('R19', `${where} have applied ${here} and ${there} at rest`);
      } else if (!spoiled && other.stateHash(group.id) !== hash) {
        this.#ghost.violated('R5', `${where} have different states at ${here}`);
      }
    }
  }

  #replicas(group: GhostGroup): ProcessView[] {
    const { newestConfiguration } = group;
    if (newestConfiguration === undefined) return [];
    return membersOf(newestConfiguration).flatMap(({ node }) => {
      const { process, state } = this.#ghost.world.node(node);
      return process === undefined || state !== 'running' ? [] : [process];
    });
  }
}

function applied(process: ProcessView, group: GroupId): number | undefined {
  return process.group(group)?.raft.status.applied;
}
