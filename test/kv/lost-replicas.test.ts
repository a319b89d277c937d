import t from 'tap';
import { type LostAnswer, LostReplicas } from '../../src/kv/lost-replicas.js';
import { ManualClock } from '../simulation/manual-clock.js';

const removal = { leader: 5, term: 7 };

function world(shards: readonly number[] = [3]) {
  const clock = new ManualClock();
  const lost = new Set(shards);
  const asked: string[] = [];
  const told: string[] = [];
  const seen: { answer: (node: number) => LostAnswer | Promise<LostAnswer> } = {
    answer: () => ({}),
  };
  const replicas = new LostReplicas({
    nodes: [2, 3, 4],
    leaderless: () => [...lost].map((shard) => ({ shard, replica: 9 })),
    ask: async (node, { shard, replica }) => {
      asked.push(`${node} about ${shard}/${replica}`);
      return seen.answer(node);
    },
    removed: (node, { shard }, { leader, term }) => {
      told.push(`${node}: ${shard} by ${leader} in ${term}`);
      lost.delete(shard);
    },
    clock,
  });
  replicas.start();
  t.teardown(() => replicas.stop());
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i += 1) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, lost, asked, told, seen, pass, replicas };
}

t.test('an election is waited for, then the nodes are asked in turn', async (t) => {
  const { asked, pass, lost } = world();
  await pass(3);
  t.same(asked, []);
  await pass(4);
  t.same(asked, ['2 about 3/9', '3 about 3/9', '4 about 3/9', '2 about 3/9']);
  lost.clear();
  await pass(3);
  t.equal(asked.length, 4, 'nobody is asked once there is a leader');
  lost.add(3);
  await pass(3);
  t.equal(asked.length, 4, 'and the patience begins anew');
});

t.test('whoever is named as the leader is asked next, and its word counts', async (t) => {
  const { asked, told, seen, pass } = world();
  seen.answer = (node) => (node === 4 ? { removal } : { leader: 4 });
  await pass(10);
  t.same(asked, ['2 about 3/9', '4 about 3/9']);
  t.same(told, ['4: 3 by 5 in 7']);
});

t.test('who does not answer is passed over', async (t) => {
  const { asked, told, seen, pass } = world();
  seen.answer = async (node) => {
    if (node !== 4) throw new Error('no stream');
    return { removal };
  };
  await pass(10);
  t.same([asked.length, told.length], [3, 1]);
});

t.test('an answer that comes after a leader was found is no longer meant', async (t) => {
  const { told, seen, lost, pass } = world();
  const gate: { open?: (answer: LostAnswer) => void } = {};
  seen.answer = () =>
    new Promise((resolve) => {
      gate.open = resolve;
    });
  await pass(5);
  lost.clear();
  await pass(2);
  gate.open?.({ removal });
  await pass(1);
  t.same(told, []);
});

t.test('many lost replicas take turns, so that a partition is no storm', async (t) => {
  const { asked, pass } = world(Array.from({ length: 100 }, (_, i) => i + 1));
  await pass(4);
  t.equal(asked.length, 8);
  await pass(12);
  t.equal(new Set(asked.slice(0, 100)).size, 100, 'each shard in its turn');
});
