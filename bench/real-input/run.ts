/**
 * Real files into a real cluster while its nodes are killed, and back out of every node. The files
 * are put again and again until the last kill is over, in each round with the contents dealt to the
 * keys anew, so that an overwrite that is lost shows too.
 */
import { Cluster, type ClusterOwner } from '../../test/system/cluster.js';
import type { Input } from './inputs.js';
import { type KillOptions, killInTurn } from './killer.js';
import { Ledger } from './ledger.js';
import { type ReadCounts, verify } from './verify.js';
import { type WriteCounts, Writer } from './writer.js';

export interface RealInputOptions extends KillOptions {
  readonly inputs: readonly Input[];
  readonly concurrency: number;
  readonly segmentBytes: number;
}

export interface RealInputResult {
  readonly inputs: number;
  readonly inputBytes: number;
  readonly rounds: number;
  readonly writeSeconds: number;
  readonly writes: WriteCounts;
  /** Milliseconds until ready, of each restart. */
  readonly readyMs: readonly number[];
  readonly reads: readonly (ReadCounts & { readonly node: number; readonly seconds: number })[];
  readonly mismatches: readonly string[];
}

/** Shares no factor with the usual number of files, so that contents change their keys. */
const dealStride = 7_919;

export async function runRealInput(
  owner: ClusterOwner,
  options: RealInputOptions,
): Promise<RealInputResult> {
  const { inputs, concurrency, segmentBytes } = options;
  const cluster = await Cluster.start(owner, { nodes: 3, shards: 12, segmentBytes });
  const ledger = new Ledger(inputs);
  const origins = cluster.ids.map((id) => cluster.origin(id));
  const writer = new Writer(ledger, origins, concurrency);
  owner.teardown(() => writer.close());
  const startedMs = performance.now();
  const progress = { killed: false };
  const killing = killInTurn(cluster, options).finally(() => {
    progress.killed = true;
  });
  const [readyMs, rounds] = await Promise.all([
    killing,
    putAll(ledger, writer, { concurrency, isOver: () => progress.killed }),
  ]);
  const writeSeconds = secondsSince(startedMs);
  const reads = [];
  for (const node of cluster.targets()) {
    const startedMs = performance.now();
    const counts = await verify(ledger, node, concurrency);
    reads.push({ ...counts, node: node.id, seconds: secondsSince(startedMs) });
  }
  return {
    inputs: inputs.length,
    inputBytes: inputs.reduce((sum, { bytes }) => sum + bytes, 0),
    ...{ rounds, writeSeconds, writes: writer.counts, readyMs, reads },
    mismatches: ledger.mismatches,
  };
}

/** Every key once, then rounds with other contents until `isOver`. Returns the rounds begun. */
async function putAll(
  ledger: Ledger,
  writer: Writer,
  { concurrency, isOver }: { concurrency: number; isOver: () => boolean },
): Promise<number> {
  const { entries } = ledger;
  const storable = entries.filter(({ input }) => input.refusal === undefined);
  const sources = storable.map(({ input }) => input);
  let rounds = 0;
  do {
    const round = rounds;
    const some = round === 0 ? entries : storable;
    let next = 0;
    const lane = async () => {
      for (let at = next++; at < some.length; at = next++) {
        if (round > 0 && isOver()) return;
        const entry = some[at];
        if (entry === undefined) return;
        const dealt = sources[(at + round * dealStride) % sources.length];
        await writer.put(entry, round === 0 ? entry.input : (dealt ?? entry.input), at + round);
      }
    };
    // A key is in one lane at a time: its writes have an order.
    await Promise.all(Array.from({ length: concurrency }, lane));
    rounds += 1;
  } while (!isOver());
  return rounds;
}

function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1000;
}
