/** One timer for all requests, and none when nothing waits. */
import t from 'tap';
import { OutgoingRequest } from '../../../src/raft/transport/outgoing-request.js';
import { FailureCode } from '../../../src/raft/transport/record-codec.js';
import { RequestTable } from '../../../src/raft/transport/request-table.js';
import { ManualClock } from '../../simulation/manual-clock.js';

function setUp() {
  const clock = new ManualClock();
  const table = new RequestTable(clock);
  const outcomes = new Map<number, string>();
  const add = (timeoutMs: number) => {
    const id = table.takeId();
    const nowMs = clock.monotonicMs();
    const request = new OutgoingRequest({
      id,
      body: Buffer.alloc(0),
      deadlineMs: nowMs + timeoutMs,
      resolve: (answer) => outcomes.set(id, `answered ${answer}`),
      reject: (error) => outcomes.set(id, error.failure),
    });
    request.begin(nowMs);
    table.add(request, nowMs);
    return id;
  };
  return { clock, table, outcomes, add };
}

t.test('each fails at its own time, in any order of deadlines', async (t) => {
  const { clock, table, outcomes, add } = setUp();
  const ids = [500, 100, 300].map(add);
  t.equal(clock.timers, 1);
  const seen = [99, 1, 199, 1, 200].map((forMs) => {
    clock.advance(forMs);
    return outcomes.size;
  });
  t.strictSame(seen, [0, 1, 1, 2, 3]);
  t.strictSame(
    ids.map((id) => outcomes.get(id)),
    ['unknown', 'unknown', 'unknown'],
  );
  t.equal(table.size, 0);
  t.equal(clock.timers, 0);
});

t.test('answers find their request; what is late or unheard of finds none', async (t) => {
  const { clock, table, outcomes, add } = setUp();
  const [a, b, c] = [100, 100, 100].map(add) as [number, number, number];
  t.equal(table.settle({ id: b, result: Buffer.from('b') }), true);
  t.equal(table.settle({ id: a, result: FailureCode.overloaded }), true);
  t.equal(table.settle({ id: c, result: FailureCode.lost }), true);
  t.equal(table.settle({ id: b, result: Buffer.from('again') }), false);
  t.equal(table.settle({ id: 77, result: Buffer.from('who') }), false);
  clock.advance(200);
  t.strictSame([...outcomes].sort(), [
    [a, 'queue-full'],
    [b, 'answered b'],
    [c, 'unknown'],
  ]);
});

t.test('losing the link fails all and stops the timer', async (t) => {
  const { clock, table, outcomes, add } = setUp();
  add(100);
  add(200);
  table.failAll('the link is down');
  t.equal(outcomes.size, 2);
  t.equal(clock.timers, 0);
});
