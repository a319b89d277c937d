/**
 * Puts every file under `node_modules` through all three nodes of a cluster while these are killed
 * one after the other, then reads everything back, byte for byte, from every node. Ends with 1 when
 * anything is not as it must be.
 *
 *   node build/bench/real-input.js [--dir node_modules] [--kills 12] [--concurrency 32]
 *       [--limit-files N] [--alive-ms 2000] [--down-ms 1000] [--segment-bytes 67108864] [--json]
 */
import { realpathSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BenchOwner } from './owner.js';
import { filesUnder, keyInWords, oddInputs } from './real-input/inputs.js';
import { type RealInputResult, runRealInput } from './real-input/run.js';

const mismatchesShown = 50;

const { values: flags } = parseArgs({
  options: {
    dir: { type: 'string', default: 'node_modules' },
    kills: { type: 'string', default: '12' },
    concurrency: { type: 'string', default: '32' },
    'limit-files': { type: 'string' },
    'alive-ms': { type: 'string', default: '2000' },
    'down-ms': { type: 'string', default: '1000' },
    'segment-bytes': { type: 'string', default: `${64 * 1024 * 1024}` },
    json: { type: 'boolean', default: false },
  },
});

const limit = flags['limit-files'];
const folder = realpathSync(flags.dir);
const inputs = [
  ...filesUnder(folder, limit === undefined ? Number.POSITIVE_INFINITY : Number(limit)),
  ...oddInputs(),
];
const owner = new BenchOwner();
const result = await owner.during(() =>
  runRealInput(owner, {
    inputs,
    kills: Number(flags.kills),
    concurrency: Number(flags.concurrency),
    aliveMs: Number(flags['alive-ms']),
    downMs: Number(flags['down-ms']),
    segmentBytes: Number(flags['segment-bytes']),
  }),
);
if (flags.json) console.log(JSON.stringify(result, (_, value) => plain(value), 2));
else print(result);
process.exitCode = result.mismatches.length === 0 ? 0 : 1;

function print({ writes, ...of }: RealInputResult): void {
  const perSecond = (writes.acknowledged / of.writeSeconds).toFixed(0);
  console.log(`${of.inputs} keys from ${folder}, ${megabytes(of.inputBytes)}`);
  console.log(
    `${writes.acknowledged} puts acknowledged (${megabytes(writes.acknowledgedBytes)}) ` +
      `in ${of.rounds} rounds and ${of.writeSeconds.toFixed(1)} s: ${perSecond}/s; ` +
      `slowest with its retries ${writes.slowestMs.toFixed(0)} ms`,
  );
  const ready = of.readyMs.map((ms) => ms.toFixed(0)).join(', ');
  console.log(`${of.readyMs.length} kills; ready after the start in ms: ${ready}`);
  console.log(`retried after a sure refusal: ${inWords(writes.retries)}`);
  console.log(
    `unknown: ${inWords(writes.unknowns)}; ${writes.foundByReading} of them found by reading, ` +
      `${writes.repeated} repeated at once, the others after reading`,
  );
  console.log(`refused for good, as the limits say: ${writes.refused}`);
  for (const { key, bytes, refusal } of inputs) {
    if (refusal === undefined) continue;
    console.log(`  ${refusal} ${bytes} bytes, key of ${key.length}: ${keyInWords(key)}`);
  }
  for (const { node, reads, bytes, seconds, retries, elsewhere, late } of of.reads) {
    console.log(
      `node ${node}: ${reads} keys read (${megabytes(bytes)}) in ${seconds.toFixed(1)} s, ` +
        `${retries} retries, ${elsewhere} answered elsewhere first, ${late} late writes`,
    );
  }
  for (const what of of.mismatches.slice(0, mismatchesShown)) console.log(`MISMATCH ${what}`);
  console.log(`${of.mismatches.length} mismatches`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function inWords(counts: ReadonlyMap<string, number>): string {
  const parts = [...counts].map(([code, count]) => `${count} ${code}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

function plain(value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}
