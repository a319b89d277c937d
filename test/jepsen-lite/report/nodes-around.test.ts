/** Of all that the nodes have said, what stood and what was new around an error. */
import t from 'tap';
import type { HistoryEvent } from '../../../jepsen-lite/history/event.js';
import { pair } from '../../../jepsen-lite/history/pairing.js';
import { momentOf, nodesAround } from '../../../jepsen-lite/report/nodes-around.js';
import type { Results } from '../../../jepsen-lite/report/results.js';

const second = 1e9;
const replica = (shard: number, role: string, commit = 1) => ({
  ...{ shard, role, term: 2, commit, range: 1, members: 1 },
});
const says = (at: number, node: string, ...replicas: ReturnType<typeof replica>[]) => ({
  ...{ timeNs: at * second, node, answers: true, replicas },
});
const silent = (at: number, node: string) => ({
  ...{ timeNs: at * second, node, answers: false, replicas: [] },
});
const told = (...args: Parameters<typeof nodesAround>) =>
  nodesAround(...args).map(({ atUs, node, replica, before }) => {
    const what = replica === null ? 'away' : `${replica.role} s${replica.shard} c${replica.commit}`;
    return `${atUs / 1e6} ${node} ${what}${before ? ' before' : ''}`;
  });

t.test('first what stood, then what was new, of the shard in question', async (t) => {
  const lines = [
    says(1, 'n2', replica(1, 'leader'), replica(2, 'leader')),
    says(2, 'n1', replica(1, 'follower')),
    says(3, 'n1', replica(1, 'follower', 5)),
    silent(4, 'n3'),
    silent(5, 'n2'),
    says(9, 'n2', replica(1, 'follower', 6)),
    says(10, 'n1', replica(2, 'leader'), replica(1, 'leader', 7)),
    says(14, 'n1', replica(1, 'leader', 8)),
  ];
  const moment = { fromNs: 10 * second, toNs: 11 * second, shard: 1 };
  const changes = ['9 n2 follower s1 c6', '10 n1 leader s1 c7'];
  const stood = ['3 n1 follower s1 c5 before', '5 n2 away before', '4 n3 away before'];
  t.same(told(lines, moment), [...stood, ...changes]);
  t.equal(told(lines, { ...moment, shard: undefined }).length, 6);
  t.same(told(lines, undefined), []);
});

t.test('who answers again is no longer away', async (t) => {
  const lines = [silent(1, 'n1'), says(2, 'n1', replica(1, 'follower'))];
  const moment = { fromNs: 9 * second, toNs: 9 * second, shard: undefined };
  t.same(told(lines, moment), ['2 n1 follower s1 c1 before']);
});

t.test('the moment is the last answer that breaks the promise, else the end', async (t) => {
  const events: HistoryEvent[] = [0, 1, 2].flatMap((process) => [
    { type: 'invoke', timeNs: 10 * process, process, f: 'get', key: 'k' },
    { type: 'ok', timeNs: 10 * process + 5, process, f: 'get', key: 'k', shard: 3 },
  ]);
  const verdict = {
    ...{ validity: 'invalid' as const, claim: '', explanation: '', counts: {}, keys: [] },
    culprits: [1, 0],
  };
  const results: Results = { workloads: [{ name: 'kv', verdict }], faults: [], exit: 1 };
  t.same(momentOf(results, pair(events), 99), { fromNs: 10, toNs: 15, shard: 3 });
  const valid: Results = { workloads: [], faults: [], exit: 0 };
  t.equal(momentOf(valid, pair(events), 99), undefined);
  t.match(momentOf({ ...valid, exit: 3 }, pair(events), 99), { toNs: 99, shard: undefined });
  t.equal(momentOf(undefined, [], 99), undefined);
});
