/**
 * Seeds that once broke an invariant, with what was wrong. A seed is drawn anew whenever the
 * drawing changes, so each cause also has a test of its own, named here; the seeds stay because
 * what they combine was once enough.
 */
export interface RegressionSeed {
  readonly seed: number;
  readonly broke: string;
  readonly cause: string;
}

export const regressionSeeds: readonly RegressionSeed[] = [
  {
    seed: 1061,
    broke: 'R18',
    cause: `The simulated disk: bytes synced over a write that was not came back at a power cut
      (simulated-disk.test.ts).`,
  },
  {
    seed: 1102,
    broke: 'R19',
    cause: 'The fault schedule: damage to two nodes of three, after which nothing can be promised.',
  },
  {
    seed: 1123,
    broke: 'R19',
    cause: `A new leader took everybody for heard in its first period and accepted a demotion
      although another voter was lost for ever: no majority was left (host-
      members.test.ts).`,
  },
  {
    seed: 5083,
    broke: 'R19',
    cause: 'The fault schedule: a node that was stopping when the faults ended stayed down.',
  },
  {
    seed: 5130,
    broke: 'R19',
    cause: 'The checks: a state changed by a fault was taken for the measure of the others.',
  },
  {
    seed: 200254,
    broke: 'R5',
    cause: `The simulated process: one that died right after COMMIT had not told what it
      applied, so its successor was believed to invent a commitment.`,
  },
  {
    seed: 200413,
    broke: 'R19',
    cause: `Every piece of a snapshot asked for again took from the bytes per second once more;
      on a slow line the queue grew until no answer came in time (snapshot-
      sender.test.ts).`,
  },
  {
    seed: 200727,
    broke: 'stale reads',
    cause: 'The checks: how slow a clock was is not known from looks at which it stood still.',
  },
  {
    seed: 201326,
    broke: 'R19',
    cause: `Bytes per second were granted by size: the small last piece of a snapshot got ahead
      of the large first one each time, and was thrown away for it (token-bucket.test.ts).`,
  },
  {
    seed: 885975031548,
    broke: 'R18',
    cause: `A segment that had just been taken for writing was prepared once more, and what was
      acknowledged in it was gone after a restart (segment-supply.test.ts).`,
  },
  {
    seed: 300175,
    broke: 'R19',
    cause: `The operator of the fault schedule: removed sound voters until those with a damaged
      state were half of the rest, and no majority can say any more who is right.`,
  },
  {
    seed: 300201,
    broke: 'R18',
    cause: `The simulated power cut: the end of the newest commit was written down only when the
      next one began, so a sync did not cover it, and what the state had called durable
      was cut off.`,
  },
  {
    seed: 300289,
    broke: 'R19',
    cause: `The operator of the fault schedule: removed a sound voter while another, just
      damaged, had not been missed yet.`,
  },
  {
    seed: 300599,
    broke: 'R14',
    cause: `The checks: a change proposed in the very turn in which the leader's first entry
      became committed was taken for one that came before it.`,
  },
  {
    seed: 400252,
    broke: 'R7',
    cause: `The checks: an entry may be committed by the answer of a disk that has been damaged
      since; what a lost node had made durable still counts for what it had answered.`,
  },
  {
    seed: 400774,
    broke: 'R2',
    cause: `The checks: a former leader that gets its own old entries back from a later one, in
      place of another's, was taken for a leader that overwrites its log.`,
  },
  {
    seed: 401642,
    broke: 'R18',
    cause: `The state of a removed replica was called gone before that was durable. The group came
      back with an empty log, the power went, and the old state beside it looked like a log that
      was lost: the node did not start (sqlite-snapshots-power-cut.test.ts).`,
  },
  {
    seed: 402963,
    broke: 'R19',
    cause: `Known and not mended: a leader with a damaged state gave it away as a snapshot before
      the comparison found it, and two states of two replicas each have no majority. The replicas
      say so and an operator must decide (docs/OPERATING.md); the checks demand no more than that.`,
  },
  {
    seed: 403465,
    broke: 'the simulator',
    cause: 'The checks: a state that was just found damaged was looked for and is not there.',
  },
  {
    seed: 404884,
    broke: 'R14',
    cause: `The checks: two votes in one turn are one write, with the later term. The earlier one is
      as binding: that term is over for the voter.`,
  },
  {
    seed: 501821,
    broke: 'R19',
    cause: `The fault schedule: a voter was lost for ever while a removal of another was asked for
      and had not begun. Who was heard within an election timeout counts as there.`,
  },
  {
    seed: 496484759955,
    broke: 'R19',
    cause: `The checks: of two voters with two states a learner was taken for the third, who decides
      (what 402963 has begun).`,
  },
];
