/** How clients are numbered and which endpoint they ask. */
import t from 'tap';
import { HttpStore } from '../../../jepsen-lite/adapters/http-store.js';
import { kvorum } from '../../../jepsen-lite/adapters/kvorum.js';
import { type Answered, Client } from '../../../jepsen-lite/run/client.js';
import { Recorder } from '../../../jepsen-lite/run/recorder.js';
import { RandomStream } from '../../../jepsen-lite/workloads/random-stream.js';
import type { Completion, Step } from '../../../jepsen-lite/workloads/workload.js';

function clientOf(index: number) {
  const stores = ['http://a', 'http://b', 'http://c'].map(
    (endpoint) => new HttpStore({ adapter: kvorum, endpoint, timeoutMs: 100 }),
  );
  const recorder = new Recorder();
  const answers: Answered[] = [];
  const client = new Client({
    ...{ index, clients: 10, stores, recorder, pauseMs: 1 },
    random: new RandomStream(1),
    answered: (answer) => answers.push(answer),
  });
  return { client, recorder, answers };
}

const step = (type: Completion['type'], f = 'put'): Step => ({
  f,
  key: 'k',
  value: 'v',
  perform: async () => ({ type, value: 'answer', facts: {} }),
});

t.test('after an answer that did not come a client has another number', async (t) => {
  const { client, recorder } = clientOf(3);
  for (const type of ['ok', 'info', 'fail', 'info', 'ok'] as const)
    await client.perform(step(type));
  const processes = recorder.events.map(({ process }) => process);
  t.same(processes, [3, 3, 3, 3, 13, 13, 13, 13, 23, 23]);
  const [call, ok, , info] = recorder.events;
  t.match(call, { type: 'invoke', f: 'put', key: 'k', value: 'v' });
  t.match(ok, { type: 'ok', value: 'answer', node: 'http://a' });
  t.equal(info?.value, undefined, 'what is not known has no value');
});

t.test('half of the clients stay with their endpoint whatever happens', async (t) => {
  for (const [index, expected] of [
    [2, [2, 2, 2, 2]],
    [1, [1, 2, 0, 1]],
  ] as const) {
    const { client, answers } = clientOf(index);
    const stop = new AbortController();
    const next = () => {
      if (answers.length === 3) stop.abort();
      return step('fail');
    };
    await client.run(next, stop.signal);
    t.same(
      answers.map(({ endpoint }) => endpoint),
      expected,
    );
  }
});
