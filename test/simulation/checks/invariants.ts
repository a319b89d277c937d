/**
 * All checks of a run, as one observer of its world. Which invariant is checked where: README.md.
 */
import type { Observer, WorldView } from '../observer.js';
import type { Check } from './check.js';
import { Commitment } from './commitment.js';
import { Convergence } from './convergence.js';
import { DurableCommit } from './durable-commit.js';
import { Elections } from './elections.js';
import { FailedDisks } from './failed-disks.js';
import { Ghost } from './ghost.js';
import { HistoryRecorder } from './history-recorder.js';
import { Leaderships } from './leaderships.js';
import { LogMatching } from './log-matching.js';
import { MembershipChanges } from './membership-changes.js';
import { Outcomes } from './outcomes.js';
import { Progress } from './progress.js';
import { Quiet } from './quiet.js';
import { Reads } from './reads.js';
import { Recovery } from './recovery.js';
import { Snapshots } from './snapshots.js';
import { StateMachines } from './state-machines.js';
import { StatusWatch } from './status-watch.js';
import { Wire } from './wire.js';

export interface InvariantOptions {
  /** The shortest election timeout of the run, by the clock of whoever waits. */
  readonly electionMs: number;
}

export function invariants(world: WorldView, { electionMs }: InvariantOptions): Observer {
  const ghost = new Ghost(world);
  const outcomes = new Outcomes(ghost);
  const checks: Check[] = [
    new LogMatching(ghost),
    new Elections(ghost),
    new MembershipChanges(ghost),
    new DurableCommit(ghost),
    new Snapshots(ghost),
    new Commitment(ghost),
    new Progress(ghost),
    new Quiet(ghost),
    new Leaderships(ghost, electionMs),
    new StateMachines(ghost),
    outcomes,
    new Reads(ghost),
    new Wire(ghost),
    new FailedDisks(ghost),
    new Convergence(ghost),
    new HistoryRecorder(ghost, outcomes),
  ];
  const looked = all(checks, 'looked');
  const watch = new StatusWatch(ghost, looked);
  const writing = all(checks, 'writing');
  const recovery = new Recovery(ghost, (process, log, write) => {
    // What it proposes may rest on what has been committed in this very turn (seed 300599).
    watch.look(process, write.group);
    writing(process, log, write);
  });
  // First what is known, then who asserts something about it.
  return combined([recovery, watch, ...checks]);
}

/** Calls one hook of everybody who has it. */
function all<Name extends keyof Check>(
  checks: readonly Check[],
  name: Name,
): (...given: Parameters<NonNullable<Check[Name]>>) => void {
  const hooks = checks.flatMap((check) => {
    const hook = check[name] as ((...given: unknown[]) => void) | undefined;
    return hook === undefined ? [] : [hook.bind(check)];
  });
  return (...given) => {
    for (const hook of hooks) hook(...given);
  };
}

function combined(checks: readonly Check[]): Observer {
  return {
    afterEvent: all(checks, 'afterEvent'),
    sent: all(checks, 'sent'),
    received: all(checks, 'received'),
    appendWritten: all(checks, 'appendWritten'),
    appendDurable: all(checks, 'appendDurable'),
    diskFailed: all(checks, 'diskFailed'),
    recovered: all(checks, 'recovered'),
    applied: all(checks, 'applied'),
    started: all(checks, 'started'),
    failed: all(checks, 'failed'),
    died: all(checks, 'died'),
    lost: all(checks, 'lost'),
    invoked: all(checks, 'invoked'),
    completed: all(checks, 'completed'),
    finished: all(checks, 'finished'),
  };
}
