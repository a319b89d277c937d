/**
 * Every limit and period of a node that a simulator may draw, with the values of production.
 */
import {
  defaultLimits,
  defaultTiming,
  type RaftLimits,
  type RaftTiming,
} from '../raft/core/options.js';
import {
  defaultHostLimits,
  defaultHostTiming,
  type HostLimits,
  type HostTiming,
} from '../raft/host-options.js';
import { defaultSnapshotLimits, type SnapshotLimits } from '../raft/snapshots/limits.js';
import { defaultLeaderBalanceTiming, type LeaderBalanceTiming } from './leader-balance.js';
import { defaultOrphanCheckTiming, type OrphanCheckTiming } from './orphan-check.js';
import { defaultStateCheckTiming, type StateCheckTiming } from './state-check-timing.js';

export interface NodeTuning {
  readonly raftTiming: RaftTiming;
  readonly raftLimits: RaftLimits;
  readonly hostTiming: HostTiming;
  readonly hostLimits: HostLimits;
  readonly snapshots: SnapshotLimits;
  readonly leaderBalance: LeaderBalanceTiming;
  readonly stateCheck: StateCheckTiming;
  readonly orphanCheck: OrphanCheckTiming;
}

export const defaultTuning: NodeTuning = {
  raftTiming: defaultTiming,
  raftLimits: defaultLimits,
  hostTiming: defaultHostTiming,
  hostLimits: defaultHostLimits,
  snapshots: defaultSnapshotLimits,
  leaderBalance: defaultLeaderBalanceTiming,
  stateCheck: defaultStateCheckTiming,
  orphanCheck: defaultOrphanCheckTiming,
};
