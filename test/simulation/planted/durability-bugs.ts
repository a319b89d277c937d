/** Mistakes with the disk: what is acknowledged, written, recovered and let go. */
import type { PlantedBug } from './planted-bug.js';

const raft = 'src/raft/core/raft.js';

export const durabilityBugs: readonly PlantedBug[] = [
  {
    name: 'ack-before-fsync',
    breaks: 'What must wait for the disk leaves when the write is queued.',
    edits: [
      {
        file: 'src/raft/host.js',
        find: 'this.#log.queue.push(group, effects.append);',
        replace: `{
            for (const message of effects.append.then) this.#send(group, message);
            this.#log.queue.push(group, effects.append);
        }`,
      },
    ],
  },
  {
    name: 'vote-not-persisted',
    breaks: 'A vote is given and not written down.',
    edits: [
      {
        file: raft,
        find: 'state: { term, vote, commit: this.#log.commit },',
        replace: 'state: { term, vote: 0, commit: this.#log.commit },',
      },
    ],
  },
  {
    name: 'term-not-persisted',
    breaks: 'A new term is written down only when entries or a vote are.',
    edits: [
      {
        file: 'src/raft/core/persistence.js',
        find: 'return term !== state.term || vote !== state.vote || this.#log.hasUnwritten;',
        replace:
          'return (state.vote !== 0 && vote !== state.vote) || (term, this.#log.hasUnwritten);',
      },
    ],
  },
  {
    name: 'commit-not-persisted-with-entries',
    breaks: 'Entries are written with the commit index of what is applied (C4, E3).',
    edits: [
      {
        file: raft,
        find: 'state: { term, vote, commit: this.#log.commit },',
        replace: 'state: { term, vote, commit: this.#log.applied },',
      },
    ],
  },
  {
    name: 'torn-wal-accepted',
    breaks: 'Recovery believes frames whose checksum does not hold.',
    directed: 'power cuts',
    seeds: [2],
    edits: [
      {
        file: 'src/raft/wal/frame-scanner.js',
        find: 'if (!frameCrcHolds(frame, header.crc, this.#seed))',
        replace: 'if (frame.length === 0)',
      },
    ],
  },
  {
    name: 'corrupt-middle-truncated',
    breaks: 'Damage in the middle of the log passes for its end and cuts what was acknowledged.',
    directed: 'a flipped bit',
    seeds: [2],
    edits: [
      {
        file: 'src/raft/wal/recovery.js',
        find: 'const later = await scanner.nextFrame(offset, this.#sequence);',
        replace: 'const later = undefined;',
      },
    ],
  },
  {
    name: 'fsync-error-ignored',
    breaks: 'A write or sync of the log that failed counts as done.',
    directed: 'failing disks',
    edits: [
      {
        file: 'src/raft/wal/log-appender.js',
        find: 'return segment.file.write(bytes, length, this.#offset).then(() => {',
        replace:
          'return segment.file.write(bytes, length, this.#offset).catch(() => {}).then(() => {',
      },
    ],
  },
  {
    name: 'compaction-past-durable',
    breaks: 'The log lets go of what is applied, though a power cut may still undo that (C15).',
    directed: 'a slow state',
    edits: [
      {
        file: 'src/raft/compaction.js',
        find: 'Math.min(stateMachine.durable(id), applied)',
        replace: 'applied',
      },
    ],
  },
  {
    name: 'old-segment-rewritten-by-append',
    breaks:
      'Entries of an old segment are carried forward as new ones and cut what is behind them.',
    directed: 'a short log',
    edits: [
      {
        file: 'src/raft/wal/carrier.js',
        find: 'RecordType.carriedEntry',
        replace: 'RecordType.entry',
      },
    ],
  },
];
