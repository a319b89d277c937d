/**
 * What clients do, and which model judges it. A workload is a generator: its choices come from
 * streams of its own, so a seed repeats them. What they meet is the cluster's, and where a choice
 * depends on an answer (the revision last seen, say) a repeated run differs.
 */
import type { Call, FactSources } from '../adapters/description.js';
import type { Reply, Store } from '../adapters/store.js';
import type { RevisionCondition, Value } from '../history/event.js';
import type { RandomStream } from './random-stream.js';

/** One operation: what the history says of its call, and how it is done. */
export interface Step {
  readonly f: string;
  readonly key?: string;
  readonly value?: Value;
  readonly condition?: RevisionCondition;
  readonly consistency?: 'linearizable' | 'stale';
  perform(store: Store): Promise<Completion>;
}

export interface Completion extends Omit<Reply, 'value'> {
  readonly value?: Value;
}

export interface Setup {
  readonly random: RandomStream;
  /** How many clients it has, numbered from 0. */
  readonly clients: number;
  /** Keys in use at a time. */
  readonly keys: number;
  /** Fresh for each run: keys of an earlier run never mix in. */
  readonly prefix: string;
  /** Values can be compared and set in one step, or by a revision that a read tells. */
  readonly comparesAndSets: boolean;
  /** Written values are padded to about so many characters, where the workload can. */
  readonly valueBytes: number;
}

export interface Workload {
  readonly name: string;
  /** One line for the help. */
  readonly about: string;
  /** The checker's name of what must hold. */
  readonly model: string;
  /** Calls that the adapter must have. */
  readonly needs: readonly Call[];
  /** What answers must say, or the workload shows nothing: one of the facts at least. */
  readonly needsFacts?: readonly {
    readonly call: Call;
    readonly oneOf: readonly (keyof FactSources)[];
  }[];
  open(setup: Setup): OpenWorkload;
}

export interface OpenWorkload {
  /** Before the clients begin; one after the other, each until it is `ok`. */
  first?(): readonly Step[];
  next(client: number): Step;
  /** When all is quiet: the reads that show what has remained. */
  last(): readonly Step[];
}

/**
 * Reads, changes and writes back, if nobody has written in between; else again, a few times. The
 * whole takes effect at its write, or not at all.
 */
export async function update(
  store: Store,
  key: string,
  change: (text: string | null) => string | undefined,
): Promise<Completion & { readonly before: string | null }> {
  for (let attempt = 1; ; attempt += 1) {
    const read = await store.get(key);
    if (read.type !== 'ok') return { type: 'fail', facts: read.facts, before: null };
    const before = read.value ?? null;
    const after = change(before);
    if (after === undefined) return { type: 'fail', facts: { error: 'refused' }, before };
    const { revision } = read.facts;
    if (before !== null && revision === undefined) {
      return { type: 'fail', facts: { error: 'no revision' }, before };
    }
    const condition = before === null ? { ifNoneMatch: '*' as const } : { ifMatch: revision ?? 0 };
    const written = await store.put(key, after, condition);
    const { outcome, ...facts } = written.facts;
    if (written.type !== 'ok' || outcome !== 'precondition-failed') {
      return { type: written.type, facts, before };
    }
    if (attempt === attemptsMax) return { type: 'fail', facts: { error: 'contended' }, before };
  }
}

const attemptsMax = 4;

/** JSON that may have been damaged: then it is shown as it is, and no model explains it. */
export function parseJson(text: string | null | undefined): Value {
  if (text === null || text === undefined) return null;
  try {
    return JSON.parse(text) as Value;
  } catch {
    return text;
  }
}
