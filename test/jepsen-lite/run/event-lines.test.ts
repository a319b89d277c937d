/** What a run says with -v: everything but what simply went well. */
import t from 'tap';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { EventLines } from '../../../jepsen-lite/run/event-lines.js';

const ms = 1e6;

t.test('faults, and operations that were refused or left open', async (t) => {
  const told: string[] = [];
  const lines = new EventLines((line) => told.push(line));
  const nemesis = (
    at: number,
    type: HistoryEvent['type'],
    f: string,
    value: HistoryEvent['value'],
  ) =>
    lines.event({
      type,
      timeNs: at * ms,
      process: 'nemesis',
      f,
      ...(value !== undefined && { value }),
    });
  const put = { f: 'put', key: 'k' };
  nemesis(1, 'info', 'turn', { lane: 0, turn: 0 });
  nemesis(1, 'invoke', 'kill', 'kill {n2}');
  lines.event({
    type: 'invoke',
    timeNs: 2 * ms,
    process: 3,
    ...put,
    value: '7',
    condition: { ifMatch: 4 },
  });
  lines.event({ type: 'invoke', timeNs: 2 * ms, process: 4, f: 'get', key: 'k' });
  nemesis(3, 'info', 'kill', { verified: true });
  lines.event({ type: 'fail', timeNs: 9 * ms, process: 3, ...put, error: 'no_leader', node: 'n1' });
  lines.event({ type: 'ok', timeNs: 9 * ms, process: 4, f: 'get', key: 'k', value: '6' });
  lines.event({ type: 'invoke', timeNs: 10 * ms, process: 4, ...put, value: '8' });
  nemesis(1_100, 'info', 'kill', { stopped: 'started {n2}' });
  lines.event({ type: 'info', timeNs: 2_010 * ms, process: 4, ...put, error: 'timed out' });
  nemesis(3_000, 'info', 'pause', { verified: false });
  t.same(told, [
    '     0.001 -- kill: kill {n2}',
    '     0.003 -- kill holds',
    '     0.009 c3 put k 7 ifMatch 4 -> refused: no_leader, n1, 7 ms',
    '     1.100 -- kill is over: started {n2}',
    '     2.010 c4 put k 8 -> nobody knows: timed out, 2000 ms',
    '     3.000 -- pause WAS NOT SEEN TO HOLD',
  ]);
});

t.test('nodes that change their parts, and not each commit', async (t) => {
  const told: string[] = [];
  const lines = new EventLines((line) => told.push(line));
  const replica = { shard: 1, role: 'follower', term: 2, commit: 5, range: 1, members: 1 };
  const says = (at: number, more: Partial<typeof replica>) =>
    lines.node({ timeNs: at * ms, node: 'n1', answers: true, replicas: [{ ...replica, ...more }] });
  says(1, {});
  says(2, { commit: 6 });
  lines.node({ timeNs: 3 * ms, node: 'n1', answers: false, replicas: [] });
  says(4, { commit: 7 });
  says(5, { role: 'leader', term: 3, commit: 8 });
  t.same(told, [
    '     0.001 n1 follower of s1, term 2, commit 5, epoch 1.1',
    '     0.003 n1 does not answer',
    '     0.004 n1 answers again',
    '     0.005 n1 leader of s1, term 3, commit 8, epoch 1.1',
  ]);
});
