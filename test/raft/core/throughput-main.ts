/**
 * How many entries three cores get through in one process, with a disk that costs nothing and no
 * network: what the core itself costs per entry.
 *
 *     node build/test/raft/core/throughput-main.js [--entries 1000000] [--per-turn 64]
 */
import { parseArgs } from 'node:util';
import { defaultLimits, defaultTiming } from '../../../src/raft/core/options.js';
import { Raft } from '../../../src/raft/core/raft.js';
import type { Input, LogReader, Message, Proposal } from '../../../src/raft/core/types.js';
import { configurationOf } from './simulated-cluster.js';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    'per-turn': { type: 'string', default: '64' },
  },
});
const entries = Number(values.entries);
const perTurn = Number(values['per-turn']);
/** The log is cut this often, as a host would. */
const compactEvery = 50_000;
const reader: LogReader = {
  entries: () => {
    throw new Error('followers here never lag');
  },
};
const cores = [1, 2, 3].map(
  (self) =>
    new Raft({
      self,
      mark: { index: 0, term: 0, configuration: configurationOf({ voters: 3 }) },
      hardState: { term: 0, vote: 0, commit: 0 },
      lastIndex: 0,
      terms: [],
      configurations: [],
      applied: 0,
      installing: false,
      reader,
      random: () => 0,
      timing: defaultTiming,
      limits: defaultLimits,
    }),
);
let network: Message[] = [];
let applied = 0;

function turn(core: Raft): void {
  for (let effects = core.drain(); effects !== undefined; effects = core.drain()) {
    network.push(...effects.send);
    if (effects.append !== undefined) {
      core.step({ kind: 'appended', token: effects.append.token });
      network.push(...effects.append.then);
    }
    const last = effects.apply[effects.apply.length - 1];
    if (last === undefined) continue;
    if (core === cores[0]) applied += effects.apply.length;
    core.step({ kind: 'applied', index: last.index });
  }
}

function settle(): void {
  while (network.length > 0) {
    const messages = network;
    network = [];
    for (const message of messages) cores[message.to - 1]?.step({ kind: 'message', message });
    for (const core of cores) turn(core);
  }
}

function give(core: Raft | undefined, input: Input): void {
  if (core === undefined) return;
  core.step(input);
  turn(core);
  settle();
}

const [leader] = cores;
give(leader, { kind: 'campaign' });
const data = Buffer.alloc(256);
let id = 0;
let compactAt = compactEvery;
const startedMs = performance.now();
while (applied < entries) {
  const proposals: Proposal[] = [];
  for (let i = 0; i < perTurn; i += 1) proposals.push({ id: id++, data });
  give(leader, { kind: 'propose', proposals });
  if (applied < compactAt) continue;
  compactAt += compactEvery;
  for (const core of cores) core.step({ kind: 'compacted', index: core.status.applied });
}
const seconds = (performance.now() - startedMs) / 1000;
console.log(`${applied} entries in ${seconds.toFixed(2)} s: ${Math.round(applied / seconds)}/s`);
