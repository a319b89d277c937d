/** Whose state is right. */
import t from 'tap';
import { stateVerdict } from '../../src/kv/state-verdict.js';

const hashes = (...entries: [number, bigint][]) => new Map(entries);
const three = { voters: [1, 2, 3], outgoing: [] };

t.test('the majority of the voters is right', async (t) => {
  t.same(stateVerdict(hashes([1, 7n], [2, 7n], [3, 7n]), three), {
    hash: 7n,
    damaged: [],
    differ: false,
  });
  t.same(stateVerdict(hashes([1, 8n], [2, 7n], [3, 7n]), three), {
    hash: 7n,
    damaged: [1],
    differ: true,
  });
  t.same(stateVerdict(hashes([1, 7n], [2, 7n]), three).hash, 7n, 'one was not heard');
});

t.test('without a majority nobody is condemned', async (t) => {
  const verdicts = [
    stateVerdict(hashes([1, 7n], [2, 8n]), three),
    stateVerdict(hashes([1, 7n], [2, 8n], [3, 9n]), three),
    stateVerdict(hashes([1, 7n], [2, 8n]), { voters: [1, 2], outgoing: [] }),
  ];
  for (const verdict of verdicts) t.match(verdict, { hash: undefined, damaged: [], differ: true });
  t.match(stateVerdict(hashes([1, 7n]), three), { hash: undefined, differ: false });
});

t.test('learners are judged and do not judge', async (t) => {
  const verdict = stateVerdict(hashes([1, 7n], [2, 7n], [4, 8n], [5, 8n], [6, 8n]), three);
  t.same(verdict.damaged, [4, 5, 6]);
});

t.test('in a joint configuration both majorities must agree', async (t) => {
  const joint = { voters: [1, 2, 3], outgoing: [3, 4, 5] };
  t.equal(stateVerdict(hashes([1, 7n], [2, 7n], [4, 7n], [5, 7n], [3, 8n]), joint).hash, 7n);
  t.equal(stateVerdict(hashes([1, 7n], [2, 7n], [4, 8n], [5, 8n]), joint).hash, undefined);
});
