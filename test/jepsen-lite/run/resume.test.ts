/** A run that begins in the middle of another does what that one did from there on. */
import t from 'tap';
import { kvorum } from '../../../jepsen-lite/adapters/kvorum.js';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { liveRun } from '../../../jepsen-lite/run/live-run.js';
import { resumedAt } from '../../../jepsen-lite/run/resume.js';
import type { RunConfig } from '../../../jepsen-lite/run/run-config.js';
import { PlantedServer } from '../../../jepsen-lite/selftest/planted-server.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';

/** Each client on a workload of its own, and none whose choices depend on answers. */
const config: RunConfig = {
  kind: 'run',
  ...{ seed: 4, durationMs: 2_000, rate: 100, timeoutMs: 500, keys: 4, valueBytes: 0, prefix: '' },
  adapter: kvorum,
  target: { endpoints: ['http://planted'] },
  faults: [],
  workloads: [
    { name: 'stale', model: 'stale', clients: [0] },
    { name: 'set', model: 'set', clients: [1] },
  ],
  clients: 2,
};

async function run(what: RunConfig): Promise<readonly HistoryEvent[]> {
  const server = await PlantedServer.start(undefined, new RandomStream(1));
  try {
    const { events } = await liveRun({
      config: what,
      endpoints: server.endpoints,
      nemesis: undefined,
      tell: () => {},
      record: () => {},
      recordNode: () => {},
      signal: new AbortController().signal,
    });
    return events;
  } finally {
    await server.close();
  }
}

const calls = (events: readonly HistoryEvent[], client: number, fromMs: number) =>
  events
    .filter(({ type, process }) => type === 'invoke' && Number(process) % 2 === client)
    .filter(({ timeNs }) => timeNs >= fromMs * 1e6)
    .map(({ f, key, value, consistency }) => ({ f, key, value, consistency }));

t.test('the calls go on as they did', async (t) => {
  const whole = await run(config);
  const fromMs = 1_000;
  const part = resumedAt(config, whole, fromMs);
  t.equal(part.durationMs, 1_000);
  const again = await run(part);
  for (const client of [0, 1]) {
    const expected = calls(whole, client, fromMs).slice(0, 10);
    t.equal(expected.length, 10);
    t.same(calls(again, client, 0).slice(0, 10), expected);
    t.notSame(calls(whole, client, 0).slice(0, 10), expected);
  }
});

t.test('turns of faults are found by their lanes', async (t) => {
  const turn = (ms: number, lane: number, number: number): HistoryEvent => ({
    ...{ type: 'info', timeNs: ms * 1e6, process: 'nemesis', f: 'turn' },
    value: { lane, turn: number },
  });
  const kill: HistoryEvent = { type: 'invoke', timeNs: 5, process: 'nemesis', f: 'kill' };
  const events = [turn(1, 0, 0), turn(2, 2, 0), kill, turn(30, 0, 1)];
  t.same(resumedAt(config, events, 3).from, { ms: 3, calls: [0, 0], turnsMs: [[1, 30], [], [2]] });
});
