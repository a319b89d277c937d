/**
 * R2 and R3, and what follows from them for a disk: looked at as each batch is handed to the log.
 *
 * Log matching is checked by names: an entry is (index, term), and wherever that name is written it
 * must stand for the same content behind the same predecessor. By induction two logs that share an
 * entry then share everything before it, which other checks rely on.
 */
import { crc32 } from 'node:zlib';
import { type Entry, EntryKind, type Index, type Term } from '../../../src/raft/core/types.js';
import type { GroupWrite, WalBatch } from '../../../src/raft/wal/types.js';
import type { ProcessView } from '../observer.js';
import type { Check } from './check.js';
import { configurationOf } from './configurations.js';
import type { Ghost, GhostGroup } from './ghost.js';
import type { GhostLog } from './ghost-log.js';

export class LogMatching implements Check {
  readonly #ghost: Ghost;

  constructor(ghost: Ghost) {
    this.#ghost = ghost;
  }

  appendWritten(_process: ProcessView, batch: WalBatch): void {
    for (const { group, mark } of batch.created) {
      const { configuration } = mark;
      if (configuration.voters.length > 0) this.#ghost.group(group).born(configuration);
    }
  }

  writing(process: ProcessView, log: GhostLog, write: GroupWrite): void {
    const { group: id, entries, snapshot, hardState = log.hardState } = write;
    const first = entries[0];
    if (first === undefined) return;
    const group = this.#ghost.group(id);
    const where = `node ${process.node}, group ${id}`;
    const atMark = snapshot?.index === first.index - 1 ? snapshot.term : undefined;
    let previousTerm = atMark ?? log.termAt(first.index - 1);
    for (const entry of entries) {
      this.#matches(where, group, entry, previousTerm);
      previousTerm = entry.term;
    }
    // In a later term it may get its own old entries back, in place of others' (seed 400774).
    const leads = first.term === hardState.term && group.leaders.get(first.term) === log.replica;
    if (leads && first.index <= log.lastIndex) {
      const what = `leads term ${first.term} and overwrites its own ${first.index}`;
      this.#ghost.violated('R2', `${where} ${what} of ${log.lastIndex}`);
    }
    this.#keepsCommitted(where, group, log, entries);
  }

  #matches(where: string, group: GhostGroup, entry: Entry, previousTerm: Term | undefined): void {
    const { index, term, kind, data } = entry;
    const known = group.entry(index, term);
    const checksum = crc32(data, kind);
    if (known === undefined) {
      const configuration = kind === EntryKind.configuration ? configurationOf(entry) : undefined;
      group.seen(index, term, { kind, checksum, previousTerm: previousTerm ?? 0, configuration });
      return;
    }
    if (known.checksum !== checksum) {
      this.#ghost.violated('R3', `${where}: two entries are called ${index}/${term}`);
    }
    if (previousTerm !== undefined && known.previousTerm !== previousTerm) {
      const before = `follows ${index - 1}/${previousTerm} and elsewhere ${known.previousTerm}`;
      this.#ghost.violated('R3', `${where}: ${index}/${term} ${before}`);
    }
  }

  /** What is committed and held here is never discarded, be it written again in the next batch. */
  #keepsCommitted(
    where: string,
    group: GhostGroup,
    log: GhostLog,
    entries: readonly Entry[],
  ): void {
    const first = entries[0]?.index ?? 0;
    const last = Math.min(log.lastIndex, group.commitIndex);
    for (let index = first; index <= last; index += 1) {
      const committed = group.committed(index)?.term;
      const kept = entries[index - first]?.term;
      if (log.termAt(index) === committed && kept !== committed) {
        this.#ghost.violated('R7', `${where} discards committed ${index}/${committed}`);
        return;
      }
    }
  }
}

/** For messages: an entry's name. */
export function nameOf(index: Index, term: Term | undefined): string {
  return `${index}/${term ?? 'nothing'}`;
}
