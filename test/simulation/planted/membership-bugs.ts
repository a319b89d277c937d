/** Mistakes with who is a member, and who counts. */
import type { PlantedBug } from './planted-bug.js';

export const membershipBugs: readonly PlantedBug[] = [
  {
    name: 'learner-counted',
    breaks: 'Learners count as voters in every majority.',
    edits: [
      {
        file: 'src/raft/core/membership.js',
        find: 'this.#voters = sortedReplicas(voters);',
        replace: 'this.#voters = sortedReplicas([...voters, ...configuration.learners]);',
      },
    ],
  },
  {
    name: 'joint-single-counter',
    breaks: 'In a joint configuration a majority of everybody decides, not one of each side.',
    edits: [
      {
        file: 'src/raft/core/quorum.js',
        find: 'return Math.min(reachedByMajority(quorum.voters, reached), reachedByMajority(quorum.outgoing, reached));',
        replace:
          'return reachedByMajority([...new Set([...quorum.voters, ...quorum.outgoing])], reached);',
      },
      {
        file: 'src/raft/core/quorum.js',
        find: 'const incoming = majorityVote(quorum.voters, vote);',
        replace:
          'return majorityVote([...new Set([...quorum.voters, ...quorum.outgoing])], vote);\n    const incoming = majorityVote(quorum.voters, vote);',
      },
    ],
  },
];
