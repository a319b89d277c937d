/**
 * A group's core from what the log holds of it, and what must happen to its state first.
 *
 * The log's mark may be ahead of the state only when a snapshot was logged and not installed to
 * the end. Then the file that the mark names is installed, again or for the first time. Without
 * that file a state that is known to be incomplete is asked for anew: votes and log stay, so no
 * promise is broken. A state that claims to be whole and ends before its log begins has lost
 * something that nobody can name: the node does not start (C15).
 */
import { ImpossibleInput } from './core/impossible-input.js';
import { Raft } from './core/raft.js';
import type { HostOptions } from './host-options.js';
import type { RecoveredGroup } from './wal/types.js';

export interface GroupStart {
  readonly raft: Raft;
  /** The snapshot of the mark is to be installed. */
  readonly install: boolean;
  /** The state is of no use and no file is here to replace it. */
  readonly damaged: boolean;
}

export function recoveredGroup(found: RecoveredGroup, options: HostOptions): GroupStart {
  const { stateMachine, wal, random, raftTiming, raftLimits } = options;
  const { group, replica, mark, hardState, lastIndex, terms, configurations } = found;
  const applied = stateMachine.applied(group);
  const incomplete = stateMachine.installing(group);
  const behind = applied < mark.index;
  const install = (incomplete || behind) && stateMachine.snapshots.has(group, mark);
  if (behind && !incomplete && !install) {
    const where = `its state ends at ${applied}, its log begins after ${mark.index}`;
    throw new ImpossibleInput(
      `group ${group}: ${where}, and the snapshot of ${mark.index} is not here. A part of the ` +
        'data folder is missing or older than the rest: restore it, or replace this node.',
    );
  }
  const state = { applied, installing: incomplete || behind };
  const log = { mark, hardState, lastIndex, terms, configurations, reader: wal.reader(group) };
  const constants = { random, timing: raftTiming, limits: raftLimits };
  try {
    const raft = new Raft({ self: replica, ...log, ...state, ...constants });
    return { raft, install, damaged: incomplete && !install };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`group ${group}: ${why}`, { cause: error });
  }
}
