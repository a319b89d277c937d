/**
 * The configurations of a group in the order of its log, which every replica must follow: one is
 * in force exactly where its entry is applied, and each comes out of the one before by one
 * change, of learners alone or through a joint configuration.
 */
import { decodeConfiguration } from '../../../src/raft/core/configuration-codec.js';
import { left, sameConfiguration } from '../../../src/raft/core/membership-change.js';
import {
  type Configuration,
  type ConfigurationAt,
  type Entry,
  EntryKind,
  type Member,
} from '../../../src/raft/core/types.js';
import { must } from './broken-promise.js';
import type { SimulatedReplica } from './simulated-replica.js';

export class CommittedConfigurations {
  /** Ascending, the first one as of index 0. */
  readonly #all: ConfigurationAt[];

  constructor(first: Configuration) {
    this.#all = [{ index: 0, configuration: first }];
  }

  /** An entry is handed to a state machine; only the first one to be handed is news. */
  committed({ index, kind, data }: Entry): void {
    const last = this.#all[this.#all.length - 1];
    if (kind !== EntryKind.configuration || last === undefined || index <= last.index) return;
    const configuration = decodeConfiguration(data);
    must(configuration !== undefined, `${index} holds no configuration`);
    mayFollow(last.configuration, configuration);
    this.#all.push({ index, configuration });
  }

  inForce({ id, core, disk }: SimulatedReplica): void {
    const { configuration, applied, firstIndex, uninitialised } = core.status;
    const at = Math.max(applied, firstIndex - 1);
    if (uninitialised) return void must(at === disk.mark.index, `${id} knows nobody at ${at}`);
    const expected = this.#all.filter(({ index }) => index <= at).at(-1)?.configuration;
    const same = expected !== undefined && sameConfiguration(expected, configuration);
    must(same, `${id} is at ${at} and follows another configuration`);
  }
}

function mayFollow(before: Configuration, after: Configuration): void {
  must(after.nextReplica >= before.nextReplica, 'replica ids are given once');
  if (before.outgoing.length > 0) {
    must(sameConfiguration(after, left(before)), 'a joint configuration is left before all else');
    return;
  }
  const sameVoters = same(before.voters, after.voters) && after.outgoing.length === 0;
  const joint = same(before.voters, after.outgoing) && !same(before.voters, after.voters);
  must(sameVoters || joint, 'one change at a time, of voters in two steps (E1, E14)');
  const learners = [...before.learners, ...before.learnersNext];
  const known = [...learners, ...before.voters].map(({ replica }) => replica);
  const fromNowhere = after.voters.some(({ replica }) => !known.includes(replica));
  must(!fromNowhere, 'a voter has been a learner');
}

function same(a: readonly Member[], b: readonly Member[]): boolean {
  const ids = (members: readonly Member[]) => members.map(({ replica }) => replica).sort();
  return JSON.stringify(ids(a)) === JSON.stringify(ids(b));
}
