/**
 * What a log should say, kept the simple way, and random batches that a Raft core could have
 * produced. Snapshots of the model are strings, so that two of them are compared as a whole.
 */
import type {
  Configuration,
  Entry,
  EntryKind,
  HardState,
  LogMark,
} from '../../../src/raft/core/types.js';
import type { Recovered, Wal, WalBatch } from '../../../src/raft/wal/types.js';

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

export class LogModel {
  #groups = new Map<number, ModelGroup>();
  #tombstones = new Map<number, number>();
  #serial = 0;

  /** Makes up a batch and applies it to the model. */
  step({ what, a, b, c }: Step): WalBatch {
    const group = (a % GROUPS) + 1;
    const known = this.#groups.get(group);
    if (known === undefined) return this.#create(group);
    if (what < 50) return this.#write([[group, b, c, what]]);
    if (what < 65) {
      const others = [...this.#groups.keys()].map((id) => [id, b + id, c, what % 10] as const);
      return this.#write(others);
    }
    if (what < 70) return this.#vote(group, known);
    if (what < 90) return this.#compact(group, known, c);
    if (what < 93) return this.#remove(group, known);
    if (what < 95) return NOTHING;
    return this.#twice(group, known, c);
  }

  /** Everything that recovery must bring back. */
  snapshot(): string {
    const groups = [...this.#groups].map(([group, { replica, hardState, mark, entries }]) =>
      describe(group, replica, hardState, mark, entries),
    );
    const tombstones = [...this.#tombstones].map(([group, minReplica]) => `${group}<${minReplica}`);
    return [...groups.sort(), ...tombstones.sort()].join('\n');
  }

  #create(group: number): WalBatch {
    this.#serial++;
    const replica = Math.max(this.#serial, this.#tombstones.get(group) ?? 0);
    const term = this.#serial % 3;
    const mark = { index: this.#serial % 7, term, configuration: configurationOf(replica) };
    const hardState = { term, vote: 0, commit: mark.index };
    this.#groups.set(group, { replica, hardState, mark, entries: [] });
    return { ...NOTHING, created: [{ group, replica, mark, hardState }] };
  }

  #write(writes: readonly (readonly [number, number, number, number])[]): WalBatch {
    return {
      ...NOTHING,
      writes: writes.map(([group, b, c, what]) => {
        const known = this.#group(group);
        // Now and then a new leader's entries replace what was not committed.
        const cut = what % 5 === 0 ? b % (known.entries.length + 1) : 0;
        const entries = this.#entries(known, 1 + (b % 6), c, cut);
        return { group, entries, hardState: known.hardState };
      }),
    };
  }

  #entries(known: ModelGroup, count: number, size: number, cut: number): Entry[] {
    const kept = known.entries.slice(0, known.entries.length - cut);
    const from = known.mark.index + kept.length + 1;
    // Whoever replaces entries has a term of its own: (index, term) names one entry only.
    const term = known.hardState.term + (cut > 0 ? 1 : 0);
    const entries = Array.from({ length: count }, (_, i) => {
      this.#serial++;
      const bytes = (size * (i + 1)) % 300;
      const data = new Uint8Array(Buffer.alloc(bytes, `${this.#serial},`));
      return { index: from + i, term, kind: (this.#serial % 3) as EntryKind, data };
    });
    known.entries = [...kept, ...entries];
    const vote = term > known.hardState.term ? 0 : known.hardState.vote;
    known.hardState = { term, vote, commit: known.hardState.commit };
    return entries;
  }

  #vote(group: number, known: ModelGroup): WalBatch {
    const { term, commit } = known.hardState;
    known.hardState = { term: term + 1, vote: known.replica, commit };
    return { ...NOTHING, writes: [{ group, entries: [], hardState: known.hardState }] };
  }

  #compact(group: number, known: ModelGroup, c: number): WalBatch {
    const compact = this.#markWithin(group, known, c);
    if (compact === undefined) return NOTHING;
    return { ...NOTHING, writes: [{ group, entries: [], hardState: known.hardState, compact }] };
  }

  /** Group 1 lags behind: its entries are what has to be carried. */
  #markWithin(group: number, known: ModelGroup, c: number): LogMark | undefined {
    const { entries } = known;
    const keep = group === 1 ? Math.max(3, entries.length - 1) : c % 4;
    const last = entries[entries.length - 1 - keep];
    if (last === undefined) return undefined;
    const mark = { index: last.index, term: last.term, configuration: configurationOf(c) };
    known.entries = entries.slice(entries.length - keep);
    known.mark = mark;
    const { term, vote, commit } = known.hardState;
    known.hardState = { term, vote, commit: Math.max(commit, mark.index) };
    return mark;
  }

  #remove(group: number, known: ModelGroup): WalBatch {
    const minReplica = known.replica + 1;
    this.#groups.delete(group);
    this.#tombstones.set(group, minReplica);
    return { ...NOTHING, removed: [{ group, minReplica }] };
  }

  /** One group twice in a batch, the second write cutting into the first. */
  #twice(group: number, known: ModelGroup, c: number): WalBatch {
    const first = { group, entries: this.#entries(known, 3, c, 0) };
    const entries = this.#entries(known, 2, c + 1, 2);
    const hardState = known.hardState;
    const compact = this.#markWithin(group, known, c);
    const second = { group, entries, hardState, ...(compact === undefined ? {} : { compact }) };
    if (compact !== undefined) second.hardState = known.hardState;
    return { ...NOTHING, writes: [first, second] };
  }

  #group(group: number): ModelGroup {
    const known = this.#groups.get(group);
    if (known === undefined) throw new Error(`the model has no group ${group}`);
    return known;
  }
}

/** The same description of what a log says. */
export function snapshotOf(wal: Wal, recovered: Recovered): string {
  const groups = recovered.groups.map((found) => {
    const { group, replica, hardState, mark, lastIndex, terms } = found;
    const entries =
      lastIndex === mark.index
        ? []
        : wal.reader(group).entries(mark.index + 1, lastIndex + 1, Number.POSITIVE_INFINITY);
    const described = describe(group, replica, hardState, mark, entries);
    const runs = entries.filter((entry, i) => entry.term !== entries[i - 1]?.term);
    const same = JSON.stringify(runs.map(({ index, term }) => ({ from: index, term })));
    if (JSON.stringify(terms) !== same) throw new Error(`terms of ${group} do not fit its entries`);
    return described;
  });
  const tombstones = [...recovered.tombstones].map(([group, replica]) => `${group}<${replica}`);
  return [...groups.sort(), ...tombstones.sort()].join('\n');
}

function describe(
  group: number,
  replica: number,
  hardState: HardState,
  mark: LogMark,
  entries: readonly Entry[],
): string {
  const { term, vote, commit } = hardState;
  const { index, configuration } = mark;
  const lines = entries.map(
    (entry) => `${entry.index}/${entry.term}/${entry.kind}=${Buffer.from(entry.data)}`,
  );
  const start = `${index}/${mark.term} ${JSON.stringify(configuration)}`;
  return `${group}.${replica} ${term}:${vote}:${commit} after ${start}: ${lines.join(' ')}`;
}
