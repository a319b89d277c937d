/** Mistakes with snapshots: what is in them, and what a replica does while it takes one in. */
import type { PlantedBug } from './planted-bug.js';

export const snapshotBugs: readonly PlantedBug[] = [
  {
    name: 'snapshot-loses-revision',
    breaks:
      'The counter of a shard is not in its snapshot, and begins anew where that is installed.',
    edits: [
      {
        file: 'src/kv/store/snapshot-install.js',
        find: '...reader.header.shard, standing: Standing.whole',
        replace: '...reader.header.shard, revision: 0, standing: Standing.whole',
      },
    ],
  },
  {
    name: 'apply-while-installing',
    breaks: 'Entries behind a snapshot are applied before its rows are there (D5).',
    edits: [
      {
        file: 'src/raft/core/log.js',
        find: 'return !this.#installing && this.#handed < Math.min(this.#commit, this.#durable);',
        replace: 'return this.#handed < Math.min(this.#commit, this.#durable);',
      },
    ],
  },
];
