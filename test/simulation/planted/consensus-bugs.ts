/** Mistakes in elections, replication, commitment and reads. */
import type { PlantedBug } from './planted-bug.js';

const raft = 'src/raft/core/raft.js';
const log = 'src/raft/core/log.js';
const leadership = 'src/raft/core/leadership.js';
const standing = 'src/raft/core/standing.js';
const reads = 'src/raft/core/reads.js';

export const consensusBugs: readonly PlantedBug[] = [
  {
    name: 'ack-before-quorum',
    breaks: 'An entry is committed as soon as the leader itself has it on its disk.',
    edits: [
      {
        file: leadership,
        find: 'const index = reachedByQuorum(membership, matched);',
        replace: 'const index = matched(self);',
      },
    ],
  },
  {
    name: 'leader-counts-itself-early',
    breaks: 'A leader counts its own entries before its disk has them (C1).',
    seeds: [2],
    edits: [
      {
        file: leadership,
        find: 'replica === self ? log.durableIndex :',
        replace: 'replica === self ? log.lastIndex :',
      },
    ],
  },
  {
    name: 'commit-old-term',
    breaks: 'Entries of earlier terms are committed by counting replicas (figure 8).',
    seeds: [7],
    edits: [
      {
        file: leadership,
        find: 'if (index <= log.commit || log.term(index) !== term)',
        replace: 'if (index <= log.commit)',
      },
    ],
  },
  {
    name: 'stale-leader-read',
    breaks: 'A leader grants reads without proving that it still leads.',
    directed: 'isolated leaders',
    edits: [
      {
        file: reads,
        find: 'const context = reachedByQuorum(quorum, confirmed);',
        replace: 'const context = Number.POSITIVE_INFINITY;',
      },
    ],
  },
  {
    name: 'read-before-noop',
    breaks:
      'A new leader grants reads by a commit index that may lie behind its predecessor’s (F1).',
    seeds: [2],
    edits: [
      {
        file: reads,
        find: 'if (!committedInTerm || (local.length === 0 && remote.size === 0))',
        replace: 'if (local.length === 0 && remote.size === 0)',
      },
    ],
  },
  {
    name: 'old-incarnation-message',
    breaks: 'A restarted follower takes the answer to its former process’s read for its own (F2).',
    directed: 'restarts over long lines',
    seeds: [3],
    edits: [
      {
        file: raft,
        find: 'new ForwardedReads(Math.floor(options.random() * 2 ** 48))',
        replace: 'new ForwardedReads(0)',
      },
    ],
  },
  {
    name: 'truncate-matching-entries',
    breaks: 'A follower cuts its log behind an old append, although the entries match (B1, B2).',
    directed: 'bad weather',
    seeds: [2],
    edits: [
      { file: log, find: 'if (!this.matches(entry))\n                break;', replace: 'break;' },
    ],
  },
  {
    name: 'vote-for-shorter-log',
    breaks: 'A vote is given to a candidate whose log lacks what is committed.',
    edits: [
      {
        file: 'src/raft/core/voting.js',
        find: 'return free && voter.log.isUpToDate(',
        replace: 'return free || voter.log.isUpToDate(',
      },
    ],
  },
  {
    name: 'vote-freed-within-term',
    breaks: 'Stepping down within a term forgets whom the replica voted for in it (A2).',
    edits: [
      {
        file: standing,
        find: 'if (term > this.#term) {\n            this.#term = term;',
        replace: '{\n            this.#term = term;',
      },
    ],
  },
  {
    name: 'no-pre-vote',
    breaks: 'A replica that hears nobody makes a new term without asking first.',
    edits: [
      {
        file: standing,
        find: "if (!disk.silent)\n                this.#campaign('pre-vote', false);",
        replace: "if (!disk.silent)\n                this.#campaign('vote', false);",
      },
    ],
  },
  {
    name: 'no-check-quorum',
    breaks: 'A leader that nobody answers goes on leading.',
    edits: [
      {
        file: leadership,
        find: 'if (!this.#quorumActive())\n                return false;',
        replace: '',
      },
    ],
  },
  {
    name: 'truncated-proposal-called-dead',
    breaks: 'A deposed leader tells its clients that what they proposed is not applied.',
    seeds: [4],
    edits: [
      {
        file: 'src/raft/group.js',
        find: '#take(effects) {',
        replace: `#take(effects) {
        if (effects.role?.role === 'follower') {
            for (let waiting of this.#waitingProposals.values()) {
                for (; waiting !== undefined; waiting = waiting.earlier)
                    waiting.settle({ status: 'not-applied', reason: 'superseded' });
            }
            this.#waitingProposals.clear();
        }`,
      },
    ],
  },
  {
    name: 're-sent-proposal-applied-twice',
    breaks: 'A router sends a write again whose outcome it does not know (E5).',
    edits: [
      {
        file: 'src/kv/shard/routing.js',
        find: "(error.code === 'not_leader' || error.code === 'no_leader')",
        replace: "['not_leader', 'no_leader', 'outcome_unknown'].includes(error.code)",
      },
    ],
  },
  {
    name: 'stale-read-age-from-answer',
    breaks:
      'The age of a stale read is counted from the leader’s answer and not from the question.',
    directed: 'long lines',
    edits: [
      {
        file: 'src/raft/host.js',
        find: 'group.serveReads(this.#options.stateMachine.applied(group.id));',
        replace: `group.plantedNowMs = this.#options.clock.monotonicMs();
            group.serveReads(this.#options.stateMachine.applied(group.id));`,
      },
      {
        file: 'src/raft/group.js',
        find: 'this.freshMs = Math.max(this.freshMs ?? askedMs, askedMs);',
        replace: 'this.freshMs = this.plantedNowMs;',
      },
    ],
  },
  {
    name: 'quiet-with-follower-behind',
    breaks: 'A leader goes quiet after a while, whatever its followers still lack (G3).',
    directed: 'idle groups',
    edits: [
      {
        file: leadership,
        find: "if (!active || state !== 'replicate' || match !== lastIndex)",
        replace: 'if (!active)',
      },
    ],
  },
];
