/**
 * R15: a snapshot is the group's state at one committed index, and no crash leaves a gap between
 * what a node's log still has and what its state already holds.
 */
import type { GroupId, Index } from '../../../src/raft/core/types.js';
import type { GroupWrite } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import { type Check, type Sight, who } from './check.js';
import { sameConfiguration, tellConfiguration } from './configurations.js';
import type { Ghost } from './ghost.js';
import type { GhostLog } from './ghost-log.js';
import { nameOf } from './log-matching.js';

export class Snapshots implements Check {
  readonly #ghost: Ghost;

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  writing(process: ProcessView, _log: GhostLog, { group, snapshot, compact }: GroupWrite): void {
    const where = `node ${process.node}, group ${group}`;
    const ghost = this.#ghost.group(group);
    const mark = snapshot ?? compact;
    if (mark === undefined) return;
    const committed = ghost.committed(mark.index)?.term;
    if (committed !== mark.term) {
      const what = `marks ${nameOf(mark.index, mark.term)}, committed is ${committed ?? 'nothing'}`;
      this.#ghost.violated('R15', `${where} ${what}`);
    }
    const configuration = ghost.configurationAt(mark.index);
    if (configuration !== undefined && !sameConfiguration(configuration, mark.configuration)) {
      const marked = tellConfiguration(mark.configuration);
      const what = `marks ${mark.index} with ${marked}, not ${tellConfiguration(configuration)}`;
      this.#ghost.violated('R15', `${where} ${what}`);
    }
    if (compact !== undefined) this.#stateIsDurable(process, where, group, compact.index);
  }

  /** What the log lets go of must survive a power cut elsewhere. */
  #stateIsDurable(process: ProcessView, where: string, group: GroupId, index: Index): void {
    const shard = process.kv.shards().find((status) => status.shard === group);
    const durable = shard?.replica?.durable;
    if (durable === undefined || index <= durable) return;
    const what = `lets go of ${index}, its state is durable up to ${durable}`;
    this.#ghost.violated('R15', `${where} ${what}`);
  }

  looked(sight: Sight): void {
    const { status, before } = sight;
    if (status.applied < status.firstIndex - 1 && !status.installing) {
      const what = `has applied ${status.applied}, its log begins at ${status.firstIndex}`;
      this.#ghost.violated('R15', `${who(sight)} ${what}`);
    }
    if (before?.installing && !status.installing) this.#installed(sight);
  }

  /** The shard's counter and, where another replica stands at the same index, all of its rows. */
  #installed(sight: Sight): void {
    const { process, id, ghost, status } = sight;
    const state = process.shards().find((shard) => shard.group === id);
    if (state === undefined) return;
    const revision = ghost.committed(state.applied)?.revision;
    if (revision !== undefined && revision !== state.revision) {
      const what = `is at revision ${state.revision} instead of ${revision}`;
      this.#ghost.violated('R15', `${who(sight)}, installed at ${state.applied}, ${what}`);
    }
    const { nodes } = this.#ghost.world;
    // What a fault has changed travels with snapshots until the replicas are compared.
    if (nodes.some(({ spoiled }) => spoiled.has(id))) return;
    const twin = nodes.find(({ process: other }) => {
      const raft = other === process ? undefined : other?.group(id)?.raft;
      const complete = raft !== undefined && !raft.status.installing;
      return complete && other?.shards().some((s) => s.group === id && s.applied === state.applied);
    });
    if (twin?.process === undefined) return;
    if (twin.process.stateHash(id) === process.stateHash(id)) return;
    const what = `has another state at ${status.applied} than node ${twin.id}`;
    this.#ghost.violated('R15', `${who(sight)} ${what}`);
  }
}
