/**
 * What the nodes' own metrics say of a run: the difference of two readings of `/metrics`, summed
 * over the nodes. This is where batching must show.
 */

/** Samples by their name with labels, as the text format writes them. */
export type Reading = ReadonlyMap<string, number>;

export interface Pipeline {
  readonly walEntries: number;
  readonly walBatches: number;
  readonly walSeconds: number;
  /** Upper bound of the histogram bucket that holds the 99th percentile, in seconds. */
  readonly walSecondsP99: number;
  readonly holds: number;
  readonly holdSeconds: number;
  readonly transactions: number;
  readonly applied: number;
  readonly forwarded: number;
  readonly readRounds: number;
  readonly elections: number;
  readonly dropped: number;
}

const syncDuration = 'kvorum_wal_sync_duration_seconds';

export async function readMetrics(origins: readonly string[]): Promise<Reading> {
  const sums = new Map<string, number>();
  for (const text of await Promise.all(origins.map(fetchText))) {
    for (const line of text.split('\n')) {
      const space = line.lastIndexOf(' ');
      if (space < 0 || line.startsWith('#')) continue;
      const name = line.slice(0, space);
      sums.set(name, (sums.get(name) ?? 0) + Number(line.slice(space + 1)));
    }
  }
  return sums;
}

/** What happened between pairs of readings, all together. */
export function pipelineOf(pairs: readonly { before: Reading; after: Reading }[]): Pipeline {
  const grown = (name: string) =>
    pairs.reduce((sum, { before, after }) => sum + read(after, name) - read(before, name), 0);
  return {
    walEntries: grown('kvorum_wal_entries_total'),
    walBatches: grown('kvorum_wal_batches_total'),
    walSeconds: grown(`${syncDuration}_sum`),
    walSecondsP99: quantile(pairs.at(-1)?.after ?? new Map(), grown, 0.99),
    holds: grown('kvorum_store_holds_total'),
    holdSeconds: grown('kvorum_store_hold_seconds_total'),
    transactions: grown('kvorum_store_transactions_total'),
    applied: grown('kvorum_store_applied_entries_total'),
    forwarded: grown('kvorum_forwarded_requests_total'),
    readRounds: grown('kvorum_read_rounds_total'),
    elections: grown('kvorum_elections_total'),
    dropped: grown('kvorum_dropped_messages_total'),
  };
}

async function fetchText(origin: string): Promise<string> {
  const answer = await fetch(`${origin}/metrics`);
  if (!answer.ok) throw new Error(`${origin}/metrics answers ${answer.status}`);
  return answer.text();
}

function read(reading: Reading, name: string): number {
  return reading.get(name) ?? 0;
}

function quantile(reading: Reading, grown: (name: string) => number, share: number): number {
  const buckets = [...reading.keys()].flatMap((name) => {
    const bound = name.startsWith(`${syncDuration}_bucket`) ? /le="([^"]+)"/.exec(name)?.[1] : '';
    return bound === undefined || bound === '' ? [] : [{ name, bound: Number(bound) }];
  });
  const total = grown(`${syncDuration}_count`);
  const found = buckets.find(({ name }) => grown(name) >= share * total);
  return total === 0 || found === undefined ? 0 : found.bound;
}
