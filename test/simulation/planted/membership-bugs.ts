/** Mistakes with who is a member, and who counts. */
import type { PlantedBug } from './planted-bug.js';

export const membershipBugs: readonly PlantedBug[] = [
  {
    name: 'learner-counted',
    breaks: 'Learners count as voters in every majority.',
    directed: 'learners',
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
    directed: 'members come and go',
    edits: [
      {
        file: 'src/raft/core/quorum.js',
        find:
          'return Math.min(reachedByMajority(quorum.voters, reached), ' +
          'reachedByMajority(quorum.outgoing, reached));',
        replace:
          'const all = [...new Set([...quorum.voters, ...quorum.outgoing])];\n' +
          '    return reachedByMajority(all, reached);',
      },
      {
        file: 'src/raft/core/quorum.js',
        find: 'const incoming = majorityVote(quorum.voters, vote);',
        replace:
          'return majorityVote([...new Set([...quorum.voters, ...quorum.outgoing])], vote);\n' +
          '    const incoming = majorityVote(quorum.voters, vote);',
      },
    ],
  },
  {
    name: 'change-before-noop',
    breaks: 'A leader changes the membership before it has committed an entry of its term (E1).',
    directed: 'hasty changes',
    edits: [
      {
        file: 'src/raft/core/reconfiguration.js',
        find: 'if (!this.#committedInTerm) {',
        replace: 'if (false) {',
      },
    ],
  },
  {
    name: 'replica-id-ignored',
    breaks: 'A replica takes messages that were meant for its predecessor on the same node (G2).',
    directed: 'members of old',
    seeds: [10],
    edits: [
      {
        file: 'src/raft/message-intake.js',
        find: 'message.to === group.replica && ',
        replace: '',
      },
      {
        file: 'src/raft/core/raft.js',
        find: 'if (message.to !== this.#self || this.#removal.settles(message))',
        replace: 'if (this.#removal.settles(message))',
      },
    ],
  },
];
