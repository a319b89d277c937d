import t from 'tap';
import { InvariantViolation } from '../../../src/raft/core/invariant.js';
import {
  checkOptions,
  defaultLimits,
  defaultTiming,
  type RaftLimits,
  type RaftTiming,
} from '../../../src/raft/core/options.js';

t.test('the defaults agree with each other', async () => {
  checkOptions(defaultTiming, defaultLimits);
});

const badTimings: Partial<RaftTiming>[] = [
  { heartbeatTicks: 0 },
  { heartbeatTicks: 5 },
  { electionTicksMax: defaultTiming.electionTicksMin },
];
const badLimits: Partial<RaftLimits>[] = [
  { appendBytesMax: defaultLimits.inflightBytesMax + 1 },
  { inflightBytesMax: defaultLimits.uncommittedBytesMax + 1 },
  { unappliedBytesMax: defaultLimits.appendBytesMax - 1 },
];

t.test('constants that contradict each other are refused', async (t) => {
  for (const bad of badTimings) {
    const check = () => checkOptions({ ...defaultTiming, ...bad }, defaultLimits);
    t.throws(check, InvariantViolation, JSON.stringify(bad));
  }
  for (const bad of badLimits) {
    const check = () => checkOptions(defaultTiming, { ...defaultLimits, ...bad });
    t.throws(check, InvariantViolation, JSON.stringify(bad));
  }
});
