/**
 * What one check is: hooks of the world, and two more: for what the status of a replica tells after
 * an event, and for each write to its log. Checks run in the order of their list.
 */
import type { RaftStatus } from '../../../src/raft/core/options.js';
import type { GroupId } from '../../../src/raft/core/types.js';
import type { Group } from '../../../src/raft/group.js';
import type { GroupWrite } from '../../../src/raft/wal/types.js';
import type { Observer, ProcessView } from '../observer.js';
import type { GhostGroup } from './ghost.js';
import type { GhostLog } from './ghost-log.js';

/** A replica that something happened to. */
export interface Sight {
  readonly process: ProcessView;
  readonly id: GroupId;
  readonly group: Group;
  readonly ghost: GhostGroup;
  readonly status: RaftStatus;
  /** When this process was last looked at; undefined for the first time. */
  readonly before: RaftStatus | undefined;
}

export interface Check extends Observer {
  looked?(sight: Sight): void;
  /** One write of a batch that was handed to the log; `log` is what was written before it. */
  writing?(process: ProcessView, log: GhostLog, write: GroupWrite): void;
}

/** As in `node 2's replica 3 of group 1`. */
export function who({ process, id, status }: Sight): string {
  return `node ${process.node}'s replica ${status.self} of group ${id}`;
}
