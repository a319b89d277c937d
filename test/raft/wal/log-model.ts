/**
 * What a log should say, kept the simple way, and random batches that a Raft core could have
 * produced. Snapshots of the model are strings, so that two of them are compared as a whole.
 */
import {
  decodeConfiguration,
  encodeConfiguration,
} from '../../../src/raft/core/configuration-codec.js';
import {
  type Configuration,
  type ConfigurationAt,
  type Entry,
  EntryKind,
  type HardState,
  type LogMark,
} from '../../../src/raft/core/types.js';
import type {
  GroupBirth,
  GroupWrite,
  Recovered,
  Wal,
  WalBatch,
} from '../../../src/raft/wal/types.js';

interface ModelGroup {
  replica: number;
  hardState: HardState;
  mark: LogMark;
  entries: Entry[];
}

/** One random decision: which of the things below, and three numbers to do it with. */
export interface Step {
  readonly what: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const GROUPS = 4;
const NOTHING: WalBatch = { created: [], removed: [], writes: [] };

export function configurationOf(seed: number): Configuration {
  const member = (n: number) => ({ node: n, replica: seed + n });
  return {
    voters: [member(1), member(2)],
    outgoing: seed % 3 === 0 ? [member(3)] : [],
    learners: seed % 2 === 0 ? [member(4)] : [],
    learnersNext: [],
    autoLeave: seed % 5 === 0,
    nextReplica: seed + 5,
  };
}

/** Of a replica that was created on demand and knows nothing yet. */
export const NO_CONFIGURATION: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
  nextReplica: 0,
};

export class LogModel {
  #groups = new Map<number, ModelGroup>();
  #tombstones = new Map<number, number>();
  #serial = 0;

  /** Makes up a batch and applies it to the model. */
  step({ what, a, b, c }: Step): WalBatch {
    const group = (a % GROUPS) + 1;
    const known = this.#groups.get(group);
    if (known === undefined) return { ...NOTHING, created: [this.#create(group)] };
    if (what < 40) return writing(this.#write(group, known, b, c, what % 5 === 0));
    if (what < 55) {
      const others = [...this.#groups].map(([id, one]) => this.#write(id, one, b + id, c, false));
      return writing(...others);
    }
    if (what < 60) return writing(this.#vote(group, known));
    if (what < 76) return writing(...this.#compact(group, known, c));
    if (what < 86) return writing(this.#snapshot(group, known, b, c));
    if (what < 89) return { ...NOTHING, removed: [this.#remove(group, known)] };
    if (what < 92) return this.#comingAndGoing(group, known, b, c);
    if (what < 94) return NOTHING;
    return writing(...this.#twice(group, known, c));
  }

  /** Everything that recovery must bring back. */
  snapshot(): string {
    const groups = [...this.#groups].map(([group, known]) => describe(group, known, inLog(known)));
    const tombstones = [...this.#tombstones].map(([group, minReplica]) => `${group}<${minReplica}`);
    return [...groups.sort(), ...tombstones.sort()].join('\n');
  }

  /** Bootstrapped, or created on demand without knowing anything. */
  #create(group: number): GroupBirth {
    this.#serial++;
    const replica = Math.max(this.#serial, this.#tombstones.get(group) ?? 0);
    const term = this.#serial % 3;
    const mark =
      this.#serial % 2 === 0
        ? { index: 0, term: 0, configuration: NO_CONFIGURATION }
        : { index: this.#serial % 7, term, configuration: configurationOf(replica) };
    const hardState = { term, vote: 0, commit: mark.index };
    this.#groups.set(group, { replica, hardState, mark, entries: [] });
    return { group, replica, mark, hardState };
  }

  /** Now and then a new leader's entries replace what was not committed. */
  #write(group: number, known: ModelGroup, b: number, c: number, replace: boolean): GroupWrite {
    // Who knows nothing takes nothing but a snapshot.
    if (known.mark.configuration.voters.length === 0) return this.#snapshot(group, known, b, c);
    const cut = replace ? b % (known.entries.length + 1) : 0;
    const entries = this.#entries(known, 1 + (b % 6), c, cut);
    return { group, entries, hardState: known.hardState };
  }

  #entries(known: ModelGroup, count: number, size: number, cut: number): Entry[] {
    const kept = known.entries.slice(0, known.entries.length - cut);
    const from = known.mark.index + kept.length + 1;
    // Whoever replaces entries has a term of its own: (index, term) names one entry only.
    if (cut > 0) this.#rise(known);
    const { term } = known.hardState;
    const entries = Array.from({ length: count }, (_, i): Entry => {
      this.#serial++;
      const bytes = (size * (i + 1)) % 300;
      if (this.#serial % 3 === EntryKind.configuration) {
        const data = encodeConfiguration(configurationOf(this.#serial));
        return { index: from + i, term, kind: EntryKind.configuration, data };
      }
      const data = new Uint8Array(Buffer.alloc(bytes, `${this.#serial},`));
      return { index: from + i, term, kind: EntryKind.command, data };
    });
    known.entries = [...kept, ...entries];
    return entries;
  }

  #rise(known: ModelGroup, vote = 0): void {
    const { term, commit } = known.hardState;
    known.hardState = { term: term + 1, vote, commit };
  }

  #vote(group: number, known: ModelGroup): GroupWrite {
    this.#rise(known, known.replica);
    return { group, entries: [], hardState: known.hardState };
  }

  #compact(group: number, known: ModelGroup, c: number): GroupWrite[] {
    const compact = this.#markWithin(group, known, c);
    if (compact === undefined) return [];
    return [{ group, entries: [], hardState: known.hardState, compact }];
  }

  /** Group 1 lags behind: its entries are what has to be carried. */
  #markWithin(group: number, known: ModelGroup, c: number): LogMark | undefined {
    const { entries } = known;
    const keep = group === 1 ? Math.max(3, entries.length - 1) : c % 4;
    const last = entries[entries.length - 1 - keep];
    if (last === undefined) return undefined;
    const { index, term } = last;
    const passed = inLog(known).filter((entry) => entry.index <= index);
    const configuration = passed.at(-1)?.configuration ?? known.mark.configuration;
    this.#startAfter(known, { index, term, configuration }, keep);
    return known.mark;
  }

  #startAfter(known: ModelGroup, mark: LogMark, keep: number): void {
    known.entries = known.entries.slice(known.entries.length - keep);
    known.mark = mark;
    const { term, vote, commit } = known.hardState;
    known.hardState = { term, vote, commit: Math.max(commit, mark.index) };
  }

  /** Within the log, at its end, beside it or beyond it; often with entries behind. */
  #snapshot(group: number, known: ModelGroup, b: number, c: number): GroupWrite {
    const { entries } = known;
    const held = entries[b % Math.max(1, entries.length)];
    const configuration = configurationOf(c);
    if (held !== undefined && c % 3 === 0) {
      const { index, term } = held;
      const keep = entries.length - 1 - (b % entries.length);
      this.#startAfter(known, { index, term, configuration }, keep);
    } else {
      this.#rise(known);
      const index = known.mark.index + 1 + (b % (entries.length + 5));
      this.#startAfter(known, { index, term: known.hardState.term, configuration }, 0);
    }
    const snapshot = known.mark;
    const follow = c % 2 === 0 ? this.#entries(known, 1 + (b % 3), c, 0) : [];
    return { group, snapshot, entries: follow, hardState: known.hardState };
  }

  #remove(group: number, known: ModelGroup): WalBatch['removed'][number] {
    const minReplica = known.replica + 1;
    this.#groups.delete(group);
    this.#tombstones.set(group, minReplica);
    return { group, minReplica };
  }

  /** One group is replaced by its next replica, another is born or goes, the rest is written. */
  #comingAndGoing(group: number, known: ModelGroup, b: number, c: number): WalBatch {
    const other = (group % GROUPS) + 1;
    const otherKnown = this.#groups.get(other);
    const removed = [this.#remove(group, known)];
    const created = [this.#create(group)];
    if (otherKnown === undefined) created.push(this.#create(other));
    else if (b % 2 === 0) removed.push(this.#remove(other, otherKnown));
    const writes = [...this.#groups].map(([id, one]) => this.#write(id, one, b, c, false));
    return { created, removed, writes };
  }

  /** One group twice in a batch, the second write cutting into the first. */
  #twice(group: number, known: ModelGroup, c: number): GroupWrite[] {
    if (known.mark.configuration.voters.length === 0) return [this.#vote(group, known)];
    const first = { group, entries: this.#entries(known, 3, c, 0) };
    const entries = this.#entries(known, 2, c + 1, 2);
    const compact = this.#markWithin(group, known, c);
    const mark = compact === undefined ? {} : { compact };
    return [first, { group, entries, hardState: known.hardState, ...mark }];
  }
}

function writing(...writes: GroupWrite[]): WalBatch {
  return { ...NOTHING, writes };
}

/** The configurations after the mark. */
function inLog({ entries }: { readonly entries: readonly Entry[] }): ConfigurationAt[] {
  const found: ConfigurationAt[] = [];
  for (const { index, kind, data } of entries) {
    const configuration = kind === EntryKind.configuration ? decodeConfiguration(data) : undefined;
    if (configuration !== undefined) found.push({ index, configuration });
  }
  return found;
}

/** The same description of what a log says. */
export function snapshotOf(wal: Wal, recovered: Recovered): string {
  const groups = recovered.groups.map((found) => {
    const { group, mark, lastIndex, terms, configurations } = found;
    const entries =
      lastIndex === mark.index
        ? []
        : wal.reader(group).entries(mark.index + 1, lastIndex + 1, Number.POSITIVE_INFINITY);
    const runs = entries.filter((entry, i) => entry.term !== entries[i - 1]?.term);
    const same = JSON.stringify(runs.map(({ index, term }) => ({ from: index, term })));
    if (JSON.stringify(terms) !== same) throw new Error(`terms of ${group} do not fit its entries`);
    return describe(group, { ...found, entries }, configurations);
  });
  const tombstones = [...recovered.tombstones].map(([group, replica]) => `${group}<${replica}`);
  return [...groups.sort(), ...tombstones.sort()].join('\n');
}

function describe(
  group: number,
  log: {
    readonly replica: number;
    readonly hardState: HardState;
    readonly mark: LogMark;
    readonly entries: readonly Entry[];
  },
  configurations: readonly ConfigurationAt[],
): string {
  const { term, vote, commit } = log.hardState;
  const { index, configuration } = log.mark;
  const lines = log.entries.map(
    (entry) =>
      `${entry.index}/${entry.term}/${entry.kind}=${Buffer.from(entry.data).toString('latin1')}`,
  );
  const start = `${index}/${log.mark.term} ${JSON.stringify(configuration)}`;
  const changes = JSON.stringify(configurations);
  const state = `${group}.${log.replica} ${term}:${vote}:${commit}`;
  return `${state} after ${start}: ${lines.join(' ')} with ${changes}`;
}
