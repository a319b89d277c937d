/** Every workload on a store that keeps its promises, and what its model says of that. */
import t from 'tap';
import { check, modelNames } from '../../../jepsen-lite/checker/index.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';
import { Recorder } from '../../../jepsen-lite/run/recorder.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';
import { update, type Workload } from '../../../jepsen-lite/workloads/workload.js';
import { workloads } from '../../../jepsen-lite/workloads/workloads.js';
import { MemoryStore } from './memory-store.js';

const clients = 3;
const steps = 900;

/** One client after the other: what is left of a run without a network. */
async function runAlone(workload: Workload, seed: number) {
  const open = workload.open({
    random: new RandomStream(seed),
    clients,
    keys: 2,
    prefix: 'p.',
    valueBytes: 0,
    comparesAndSets: true,
  });
  const store = new MemoryStore();
  const recorder = new Recorder();
  const one = async (client: number, step: ReturnType<typeof open.next>) => {
    recorder.invoke(client, step);
    recorder.complete(client, step, await step.perform(store), 'memory');
  };
  for (let i = 0; i < steps; i += 1) await one(i % clients, open.next(i % clients));
  for (const step of open.last()) await one(0, step);
  return recorder.events;
}

const asked = (events: Awaited<ReturnType<typeof runAlone>>) =>
  events
    .map(({ type, process, f, key, value }) => JSON.stringify([type, process, f, key, value]))
    .join('\n');

for (const workload of workloads) {
  t.test(`${workload.name}: a good store is valid, and a seed repeats itself`, async (t) => {
    const model = modelNames.find((known) => known === workload.model);
    if (model === undefined) return t.fail(`there is no model ${workload.model}`);
    const events = await runAlone(workload, 1);
    const operations = pair(events);
    const verdict = check(operations, { model, events });
    t.equal(verdict.validity, 'valid', verdict.explanation);
    const kinds = new Set(operations.map(({ f }) => f));
    for (const kind of kinds) {
      t.ok(
        operations.some(({ f, status }) => f === kind && status === 'ok'),
        `a ${kind} succeeds`,
      );
    }
    // A lock leaves nothing behind that could be read.
    if (workload.name !== 'lock') t.ok(operations.length > steps, 'there are last reads');
    // Compared as texts: what they say of a difference would take minutes to make.
    t.ok(asked(await runAlone(workload, 1)) === asked(events), 'the same seed');
    t.ok(asked(await runAlone(workload, 2)) !== asked(events), 'another seed');
  });
}

t.test('an update takes effect once, or says that it did not', async (t) => {
  const store = new MemoryStore();
  const add = (text: string | null) => `${Number(text ?? '0') + 1}`;
  t.match(await update(store, 'k', add), { type: 'ok', before: null });
  t.match(await update(store, 'k', add), { type: 'ok', before: '1' });
  t.match(await update(store, 'k', () => undefined), { type: 'fail' });
  const crossed = async () => {
    await store.put('k', 'other');
    return store.get('k');
  };
  const always = await update(
    {
      ...bound(store),
      get: async (key) => {
        const read = await store.get(key);
        await crossed();
        return read;
      },
    },
    'k',
    add,
  );
  t.match(always, { type: 'fail', facts: { error: 'contended' } });
  t.equal((await store.get('k')).value, 'other');
  const unsure = { ...bound(store), put: async () => ({ type: 'info' as const, facts: {} }) };
  t.match(await update(unsure, 'k', add), { type: 'info' }, 'nobody knows, and it says so');
});

function bound(store: MemoryStore) {
  return {
    get: store.get.bind(store),
    put: store.put.bind(store),
    delete: store.delete.bind(store),
    compareAndSet: store.compareAndSet.bind(store),
  };
}
